/** native/event/process.cc and native/event/signal_queue.cc. */
export interface EventSignal {
  /** The number of a new descriptor. */
  pidfdOpen(pid: number, flags: number): number;
  /** The same: its handle. */
  pidfdOwned(pid: number, flags: number): number;
  pidfdSendSignal(fd: number, signal: number): number;
  sigqueue(pid: number, signal: number, value: number): number;

  readonly SIGRTMIN: number;
  readonly SIGRTMAX: number;
  /** The handle of a new descriptor: it reads struct signalfd_siginfo. */
  signalOpen(signal: number): number;
}
