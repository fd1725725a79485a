/** native/lock/condition.cc; `mutex` is a handle of native/lock/mutex.cc, which this thread has locked. */
export interface LockCondition {
  conditionInit(mapping: number, byteOffset: number): number;
  /** A handle. */
  conditionAt(mapping: number, byteOffset: number): number;
  conditionClose(condition: number): void;
  /** The ticket of one who begins to wait; EPERM; EINVAL: it belongs to another mutex. */
  conditionEnter(condition: number, mutex: number): number;
  /** 1: who has the ticket may go, and has left. */
  conditionPass(condition: number, mutex: number, ticket: number): number;
  /** Of one who goes all the same. */
  conditionLeave(condition: number, mutex: number): number;
  conditionNotify(condition: number, mutex: number, all: boolean): number;
  /** Under the mutex: what to sleep on without it. */
  conditionLook(condition: number): number;
  conditionWaitFor(condition: number, sequence: number, timeout: number): number;
  conditionWaitStart(condition: number, sequence: number): number;
}
