export interface Message {
  type: number | bigint;
  data: Buffer;
}

/** One end of a connection that carries whole messages, in order, each with a type. */
export interface Endpoint {
  /** What the peer needs to open its end: one command-line argument. */
  readonly address: string;

  /** The most bytes that one data message should carry. */
  readonly maxLength: number;

  /** Waits while there is no room: this is the back-pressure. */
  send(type: number, data: Buffer | string, signal: AbortSignal): Promise<void>;

  /** The next message from the other end. */
  receive(signal: AbortSignal): Promise<Message>;

  /** Lets go; whatever is in the kernel stays. */
  close(): void;

  /** Destroys it in the kernel. Not an error if it is gone already. */
  remove(): Promise<void>;
}

/** One way to carry the file: a row of the table for each peer. */
export interface Transport {
  /** Names it on a command line, and its C half: `c/<id>.c`. */
  readonly id: string;

  /** Names it in the table. */
  readonly name: string;

  /** Which programs can be at the other end. */
  readonly peers: readonly ('node' | 'c')[];

  /** The sender's end: makes the object. */
  create(): Promise<Endpoint>;

  /** The receiver's end, in another process. */
  open(address: string): Promise<Endpoint>;
}
