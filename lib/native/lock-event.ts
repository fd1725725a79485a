/** native/lock/event.cc; `since` is what `eventSets` answered when a wait began. */
export interface LockEvent {
  eventInit(mapping: number, byteOffset: number, autoReset: boolean, isSet: boolean): number;
  /** A handle. */
  eventAt(mapping: number, byteOffset: number): number;
  eventClose(event: number): void;
  eventAutoReset(event: number): boolean;
  eventSet(event: number): number;
  /** 1: it was set. */
  eventReset(event: number): number;
  eventIsSet(event: number): number;
  eventSets(event: number): number;
  /** 1: the wait is over, and, if it resets itself, this has reset it. */
  eventPass(event: number, since: number): number;
  eventWaitFor(event: number, since: number, timeout: number): number;
  eventWaitStart(event: number, since: number): number;
}
