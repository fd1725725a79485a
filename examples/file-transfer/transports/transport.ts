export interface Message {
  type: number | bigint;
  /** Valid until the next message is received. */
  data: Buffer;
}

/** One end of a connection that carries whole messages, in order, each with a type. */
export interface Endpoint {
  /** The most bytes that one data message should carry. */
  readonly maxLength: number;

  /** Waits while there is no room: this is the back-pressure. */
  send(type: number, data: Buffer | string, signal: AbortSignal): Promise<void>;

  /** The next message from the other end. */
  receive(signal: AbortSignal): Promise<Message>;

  /** Lets go; whatever is in the kernel stays. */
  close(): void;
}

/** An end whose messages can be made where they are received. */
export interface InPlaceEndpoint extends Endpoint {
  /**
   * As `send`, of what `fill` writes into the memory of a message of `maxLength` bytes; it answers
   * how much. 0: no message. The answer can be read until the next message is made.
   */
  sendInPlace(type: number, fill: (memory: Buffer) => number, signal: AbortSignal): Promise<Buffer>;
}

/** What the sender has made, for a receiver that is still to be started. */
export interface Offer {
  /** What the receiver needs to open its end: one command-line argument. */
  readonly address: string;

  /** Descriptors that the receiver inherits, as 3 and on. */
  readonly inherited: readonly number[];

  /** The sender's end. Called once, when the receiver has been started; may wait for it. */
  accept(signal: AbortSignal): Promise<Endpoint>;

  /** Lets go of what has not been accepted. */
  close(): void;
}

/** One way to carry the file: a row of the table for each peer. */
export interface Transport {
  /** Names it on a command line, and its C half: `c/<id>.c`. */
  readonly id: string;

  /** Names it in the table. */
  readonly name: string;

  /** Which programs can be at the other end. */
  readonly peers: readonly ('node' | 'c')[];

  /** In the sender: makes the object. */
  create(): Promise<Offer>;

  /** In the receiver, which is another process: its end. May wait for the sender. */
  open(address: string, signal: AbortSignal): Promise<Endpoint>;

  /**
   * Destroys what is in the kernel or the file system, in whatever state it is. Not an error if it
   * is gone already.
   */
  remove(address: string): Promise<void>;
}

/** The other end has closed, or its process has ended. */
export class Disconnected extends Error {
  constructor() {
    super('the other end is gone');
  }
}

/** What needs no accepting: both ends find it in the kernel. */
export function offerOf(address: string, end: Endpoint): Offer {
  return {
    address,
    inherited: [],
    accept: () => Promise.resolve(end),
    close() {
      end.close();
    },
  };
}
