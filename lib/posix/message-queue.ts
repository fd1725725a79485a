import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import { check } from '../core/error';
import { laterLimitsOf, limitsOf } from '../core/limits';
import { iterate, iteration } from '../core/message-iterator';
import { OpenFile } from '../core/open-file';
import { bytesOf, targetOf } from '../core/options';
import type { Data, TimeoutOptions, WaitOptions } from '../core/options';
import type { FromFdOptions } from '../core/owned-descriptor';
import { done, promised, rejected } from '../core/promised';
import type { Action } from '../core/ready-line';
import { native } from '../native';
import type { Message, MessageInto } from './queue-message';
import {
  readAttributes,
  readStatus,
  register,
  type QueueAttributes,
  type QueueStatus,
} from './queue-status';
import {
  create,
  open,
  openOrCreate,
  queueName,
  share,
  take,
  type OpenedQueue,
  type OpenQueueOptions,
  type QueueOptions,
} from './queue-open';
import {
  batchPlan,
  drainLimit,
  priorityOf,
  syncTimeoutOf,
  type MessageBatchOptions,
  type MessageDrainOptions,
  type MessageSendOptions,
  type MessageSendSyncOptions,
  type PriorityOptions,
} from './queue-options';
import { QueueReceiver } from './queue-receiver';
import { QueueSender, sendOn } from './queue-sender';

/**
 * A POSIX message queue: messages with priorities, kept by the kernel until somebody takes them.
 *
 * A queue made by C is used as it is, and the reverse. The message of the highest priority comes
 * first, and of one priority the oldest. What can wait has three forms: `receive()` gives a
 * promise, `receiveSync()` blocks the thread, `tryReceive()` answers at once. Receives of one
 * object are answered in the order in which they were made, and so are sends. A wait that is
 * aborted, timed out or killed with its process leaves the queue as it was.
 *
 * Source: mq_overview(7).
 *
 * ```js
 * const queue = await posix.MessageQueue.openOrCreate('/jobs', { maxMessages: 10, messageSize: 1024 });
 * await queue.send('hello', { priority: 2 });
 * const { priority, data } = await queue.receive({ timeout: 1000 });
 * queue.close(); // the queue stays; unlink() removes its name
 * ```
 */
export class MessageQueue extends OpenFile implements AsyncIterable<Message> {
  /** With its leading slash; empty after `fromFd` where there is no /proc to tell it. */
  readonly name: string;

  readonly #opened: OpenedQueue;
  readonly #capacity: number;
  readonly #sender: QueueSender;
  readonly #receiver: QueueReceiver;
  readonly #receiving: Action<Message>;
  readonly #check = (): void => {
    this.checkOpen();
  };

  private constructor(by: ByOpener, opened: OpenedQueue) {
    checkOpener(by, MessageQueue);
    super('message queue', opened.descriptor);
    this.#opened = opened;
    this.name = opened.name;
    const { maxMessages, messageSize } = readAttributes(this.number);
    this.#capacity = maxMessages;
    this.#sender = new QueueSender(this.handle, this.name, messageSize);
    this.#receiver = new QueueReceiver(this.handle, this.name, messageSize);
    this.#receiving = this.#receiver.message;
  }

  // ---- opening

  /**
   * Makes a new queue; without a name it gets a random one.
   *
   * Errors: EEXIST, EINVAL, EMFILE, ENOSPC (the limit that was hit is named), ENFILE, ENOMEM.
   * Source: mq_open(3) with O_CREAT | O_EXCL.
   */
  static create(name?: string, options?: QueueOptions): Promise<MessageQueue> {
    return promised(() => MessageQueue.createSync(name, options));
  }

  /** As `create`, at once. */
  static createSync(name?: string, options?: QueueOptions): MessageQueue {
    return new MessageQueue(byOpener, create(name, options));
  }

  /** Opens the queue of a name. Errors: ENOENT, EACCES. Source: mq_open(3). */
  static open(name: string, options?: OpenQueueOptions): Promise<MessageQueue> {
    return promised(() => MessageQueue.openSync(name, options));
  }

  /** As `open`, at once. */
  static openSync(name: string, options?: OpenQueueOptions): MessageQueue {
    return new MessageQueue(byOpener, open(name, options));
  }

  /**
   * Opens the queue of a name, or makes it: what it is made with does not apply to one that is found.
   *
   * Errors: as `create` and `open`. Source: mq_open(3) with O_CREAT.
   */
  static openOrCreate(name: string, options?: QueueOptions): Promise<MessageQueue> {
    return promised(() => MessageQueue.openOrCreateSync(name, options));
  }

  /** As `openOrCreate`, at once. */
  static openOrCreateSync(name: string, options?: QueueOptions): MessageQueue {
    return new MessageQueue(byOpener, openOrCreate(name, options));
  }

  /** Uses a queue that another process has passed. Errors: EBADF (no queue). */
  static fromFd(fd: number, options?: FromFdOptions): Promise<MessageQueue> {
    return promised(() => MessageQueue.fromFdSync(fd, options));
  }

  /** As `fromFd`, at once. */
  static fromFdSync(fd: number, options?: FromFdOptions): MessageQueue {
    return new MessageQueue(byOpener, take(fd, options));
  }

  /**
   * Takes a name away. Who has the queue open keeps it; a new one may have the name.
   *
   * Errors: ENOENT, EACCES. Source: mq_unlink(3).
   */
  static unlink(name: string): Promise<void> {
    return promised(() => {
      MessageQueue.unlinkSync(name);
    });
  }

  /** As `unlink`, at once. */
  static unlinkSync(name: string): void {
    const path = queueName(name);
    check(native.mqUnlink(path), 'mq_unlink', { path });
  }

  // ---- sending

  /**
   * Sends one message; waits while the queue is full.
   *
   * The bytes are read before the call returns. Text goes as UTF-8; the length is in bytes, 0 to
   * the queue's `messageSize`. Resolves when the message is in the queue.
   * Errors: EBADF (not opened to send), EMSGSIZE, ETIMEDOUT, ERR_CLOSED. Source: mq_send(3).
   */
  send(data: Data, options?: MessageSendOptions): Promise<void> {
    try {
      this.checkOpen();
      const limits = limitsOf(options);
      const sending = this.#sender.message(data, priorityOf(options));
      return done(sendOn(this.outgoing, sending, limits, methods.send));
    } catch (error) {
      return rejected(error);
    }
  }

  /** As `send`, blocking the thread. */
  sendSync(data: Data, options?: MessageSendSyncOptions): void {
    this.checkOpen();
    const timeout = syncTimeoutOf(options);
    this.outgoing.runSync(this.#sender.message(data, priorityOf(options)), timeout);
  }

  /** Sends one message if there is room for it now; tells whether there was. Errors: as `send`. */
  trySend(data: Data, options?: PriorityOptions): boolean {
    this.checkOpen();
    const priority = priorityOf(options);
    const payload = bytesOf('data', data);
    return this.outgoing.isFree() && this.#sender.put(payload, priority);
  }

  /**
   * Sends many messages of one priority with few crossings into C++; waits while the queue is full.
   *
   * The list is read to its end before anything is sent. Resolves with how many were sent, from the
   * front: all, unless something (time, abort, an error) ended the call after some were. If none
   * was, it rejects. Errors: as `send`.
   */
  async sendMany(messages: Iterable<Data>, options?: MessageSendOptions): Promise<number> {
    this.checkOpen();
    const limits = limitsOf(options);
    const sending = this.#sender.messages(messages, priorityOf(options));
    return sending.isEmpty ? 0 : sendOn(this.outgoing, sending, limits, methods.sendMany);
  }

  /** As `sendMany`, blocking the thread. */
  sendManySync(messages: Iterable<Data>, options?: MessageSendSyncOptions): number {
    this.checkOpen();
    const timeout = syncTimeoutOf(options);
    const sending = this.#sender.messages(messages, priorityOf(options));
    return sending.isEmpty ? 0 : this.outgoing.runSync(sending, timeout);
  }

  /** Sends as many messages, from the front, as there is room for now; answers how many. */
  trySendMany(messages: Iterable<Data>, options?: PriorityOptions): number {
    this.checkOpen();
    const sending = this.#sender.messages(messages, priorityOf(options));
    this.outgoing.try(sending);
    return sending.sent;
  }

  // ---- receiving

  /**
   * Takes one message; waits while there is none.
   *
   * Resolves with its priority and its payload, in a Buffer that is a piece of a pool.
   * Errors: EBADF (not opened to receive), ETIMEDOUT, ERR_CLOSED. Source: mq_receive(3).
   */
  async receive(options?: WaitOptions): Promise<Message> {
    this.checkOpen();
    return this.incoming.run(this.#receiving, limitsOf(options), methods.receive);
  }

  /** As `receive`, blocking the thread. */
  receiveSync(options?: TimeoutOptions): Message {
    this.checkOpen();
    return this.incoming.runSync(this.#receiving, syncTimeoutOf(options));
  }

  /** Takes one message if there is one now, else answers undefined. Errors: as `receive`. */
  tryReceive(): Message | undefined {
    this.checkOpen();
    return this.incoming.isFree() ? this.#receiver.take() : undefined;
  }

  /**
   * As `receive`, into the caller's memory, which has room for `messageSize` bytes (EMSGSIZE).
   *
   * It is written when the promise is about to resolve. Resolves with priority and length.
   */
  async receiveInto(memory: Exclude<Data, string>, options?: WaitOptions): Promise<MessageInto> {
    this.checkOpen();
    const receiving = this.#receiver.into(memory);
    return this.incoming.run(receiving, limitsOf(options), methods.receiveInto);
  }

  /** As `receiveInto`, blocking the thread. */
  receiveIntoSync(memory: Exclude<Data, string>, options?: TimeoutOptions): MessageInto {
    this.checkOpen();
    return this.incoming.runSync(this.#receiver.into(memory), syncTimeoutOf(options));
  }

  /** As `tryReceive`, into the caller's memory. */
  tryReceiveInto(memory: Exclude<Data, string>): MessageInto | undefined {
    this.checkOpen();
    const target = targetOf('memory', memory);
    return this.incoming.isFree() ? this.#receiver.takeInto(target) : undefined;
  }

  /** Takes all messages that are there now, without waiting. Errors: EBADF. */
  drain(options?: MessageDrainOptions): Promise<Message[]> {
    return promised(() => this.drainSync(options));
  }

  /** As `drain`, at once. */
  drainSync(options?: MessageDrainOptions): Message[] {
    this.checkOpen();
    // Endless producers must not make it endless: there are never more at a time.
    const limit = drainLimit(options) ?? this.#capacity;
    return this.incoming.try(this.#receiver.batch(limit)) ?? [];
  }

  /**
   * Iterates over the messages, waiting for each, until the object is closed.
   *
   * Nothing is taken ahead: leaving the loop leaves the rest in the queue.
   *
   * ```js
   * for await (const { priority, data } of queue.messages()) handle(priority, data);
   * ```
   */
  messages(options?: WaitOptions): AsyncIterableIterator<Message> {
    const limits = laterLimitsOf(options); // wrong arguments are told here, not in the loop
    return iterate(limits, this.#check, (own) =>
      this.incoming.run(this.#receiving, own, iteration.next),
    );
  }

  /**
   * Iterates over all that is there, as an array, waiting while there is nothing.
   *
   * For streams of small messages: one turn of the loop for many. Errors: as `receive`.
   */
  batches(options?: MessageBatchOptions): AsyncIterableIterator<Message[]> {
    const { limits, limit } = batchPlan(options);
    const receiving = this.#receiver.batch(limit);
    return iterate(limits, this.#check, (own) => this.incoming.run(receiving, own, iteration.next));
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Message> {
    return this.messages();
  }

  // ---- notification

  /**
   * Has the kernel send this process a signal when a message arrives in the empty queue: mq_notify(3).
   *
   * Once, then it is to be asked for again. Only one process can be registered (EBUSY), and nothing
   * is sent while any process waits in mq_receive(3). `undefined` takes the registration back, and
   * so does closing any object or descriptor of the queue in this process. A signal that nobody
   * handles ends the process. Real-time signals have numbers only, and Node handles none of them.
   * Errors: EBUSY, EINVAL.
   *
   * ```js
   * process.on('SIGUSR2', () => queue.drainSync().forEach(handle));
   * queue.notifySync('SIGUSR2');
   * ```
   */
  notify(signal: NodeJS.Signals | number | undefined): Promise<void> {
    return promised(() => {
      this.notifySync(signal);
    });
  }

  /** As `notify`, at once. */
  notifySync(signal: NodeJS.Signals | number | undefined): void {
    register(this.number, this.name, signal);
  }

  /**
   * Waits until there is a message, and leaves it there: also where there is one already, and
   * however many processes wait. Receives of this object that were called before come first.
   *
   * It watches the descriptor: no signal is used, and nothing is registered.
   * Errors: ETIMEDOUT, ERR_CLOSED. Source: poll(2).
   */
  async notified(options?: WaitOptions): Promise<void> {
    this.checkOpen();
    await this.incoming.run(this.#receiver.arrival, limitsOf(options), methods.notified);
  }

  /** As `notified`, blocking the thread. */
  notifiedSync(options?: TimeoutOptions): void {
    this.checkOpen();
    this.incoming.runSync(this.#receiver.arrival, syncTimeoutOf(options));
  }

  // ---- the object itself

  /** What it holds at most, and how many messages there are. Source: mq_getattr(3). */
  get attributes(): QueueAttributes {
    return readAttributes(this.number);
  }

  /** What the kernel knows about the queue. Source: mq_getattr(3), fstat(2). */
  stat(): Promise<QueueStatus> {
    return promised(() => this.statSync());
  }

  /** As `stat`, at once. */
  statSync(): QueueStatus {
    return readStatus(this.number, this.name);
  }

  /** Takes the name away, whatever queue has it by now. Errors: ENOENT, EACCES. Source: mq_unlink(3). */
  unlink(): Promise<void> {
    return promised(() => {
      this.unlinkSync();
    });
  }

  /** As `unlink`, at once. */
  unlinkSync(): void {
    MessageQueue.unlinkSync(this.name);
  }

  protected override beforeSharing(): void {
    share(this.#opened);
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'send' | 'sendMany' | 'receive' | 'receiveInto' | 'notified', unknown> =
  MessageQueue.prototype;
