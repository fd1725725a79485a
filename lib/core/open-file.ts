import type { ClosedError } from './error';
import { Handle } from './handle';
import { Keeper } from './keeper';
import type { OwnedDescriptor } from './owned-descriptor';
import { printedAs } from './printed';
import { Direction } from './ready';
import { ReadyLine } from './ready-line';

/** How it waits; a handle would be taken for the descriptor. */
const unprinted = new Set(['handle', 'incoming', 'outgoing', 'keeper', 'known']);

/** An object that stands for an open file: it owns a descriptor, and waits for it. */
export abstract class OpenFile extends Handle {
  /** What the addon knows the descriptor by. */
  protected readonly handle: number;
  protected readonly incoming: ReadyLine;
  protected readonly outgoing: ReadyLine;
  /** Counts the waits of this object. */
  protected readonly keeper: Keeper;
  readonly #descriptor: OwnedDescriptor;
  #detaching = false;

  static {
    printedAs(this.prototype, (file) => {
      if (!(#descriptor in file)) return {};
      const fields = Object.entries(file).filter(([name]) => !unprinted.has(name));
      const fd = file.closed ? undefined : file.#descriptor.number;
      return { fd, ...Object.fromEntries(fields) };
    });
  }

  /** Takes it over. `what` it is, in the words of an error message. */
  constructor(what: string, descriptor: OwnedDescriptor) {
    const keeper = new Keeper();
    super(what, keeper);
    this.#descriptor = descriptor;
    this.handle = this.#descriptor.handle;
    this.keeper = keeper;
    this.incoming = new ReadyLine(this.#descriptor, Direction.in, keeper);
    this.outgoing = new ReadyLine(this.#descriptor, Direction.out, keeper);
  }

  /** The descriptor's number, as for `stdio` of `child_process.spawn`; it belongs to this object. */
  get fd(): number {
    const { number } = this;
    this.beforeSharing();
    return number;
  }

  /** The same, for calls of our own. */
  protected get number(): number {
    this.checkOpen();
    return this.#descriptor.number;
  }

  /** Somebody else is about to get the descriptor. */
  protected beforeSharing(): void {
    // Most open files are as others expect them.
  }

  /**
   * Hands the descriptor over to the caller, who closes it; this object is closed, without closing
   * it. Waits end with ERR_CLOSED.
   */
  detach(): number {
    const { fd } = this;
    this.#detaching = true;
    this.close();
    return fd;
  }

  protected release(reason: () => ClosedError): void {
    this.incoming.end(reason);
    this.outgoing.end(reason);
    if (this.#detaching) this.#descriptor.release();
    else this.#descriptor.close();
  }
}
