import { byOpener, checkOpener, type ByOpener } from '../core/by-opener';
import type { ClosedError } from '../core/error';
import { Handle } from '../core/handle';
import { Keeper } from '../core/keeper';
import { iterate, iteration } from '../core/message-iterator';
import { integer, throwIfAborted, type Data } from '../core/options';
import { promised } from '../core/promised';
import { native } from '../native';
import { IPC_RMID } from './constants';
import { checkControl } from './control';
import type { Key } from './key';
import type { Message, MessageInto } from './message';
import {
  batchPlan,
  drainPlan,
  receivePlan,
  sendPlan,
  type BatchOptions,
  type DrainOptions,
  type MessageOptions,
  type ReceiveOptions,
  type ReceiveSyncOptions,
  type SendOptions,
  type SendSyncOptions,
  type TypeOptions,
} from './message-options';
import { MessageReceiver } from './message-receiver';
import { MessageSender } from './message-sender';
import { create, open, openOrCreate, type CreateOptions, type Opened } from './queue-open';
import {
  change,
  checkChanges,
  readStatus,
  type QueueChanges,
  type QueueStatus,
} from './queue-status';
import { toBuffer, ToMemory } from './target';

const none = new Float64Array(0);

/**
 * A System V message queue: typed messages, kept in order by the kernel until somebody takes them.
 *
 * A queue made by C is used as it is, and the reverse: a message is a type (a C long, 1 or more)
 * and exactly the bytes that were sent. What can wait has three forms: `receive()` gives a promise,
 * `receiveSync()` blocks the thread, `tryReceive()` answers at once. Calls of one object with the
 * same selector are answered in the order in which they were made.
 *
 * A message is taken only when there is a call to give it to: a wait that is aborted, timed out or
 * killed with its process leaves the queue as it was.
 *
 * Source: sysvipc(7), msgget(2), msgop(2), msgctl(2).
 *
 * ```js
 * const queue = await sysv.MessageQueue.openOrCreate(0x4d2);
 * await queue.send('hello', { type: 2 });
 * const { type, data } = await queue.receive({ type: 2, timeout: 1000 });
 * queue.close(); // the queue stays; remove() destroys it
 * ```
 */
export class MessageQueue extends Handle implements AsyncIterable<Message> {
  /** The System V identifier, as msgget(2) gives it and ipcs(1) prints it. */
  readonly id: number;
  /** The key, as a signed 32-bit number; 0 for IPC_PRIVATE. */
  readonly key: number;

  readonly #sender: MessageSender;
  readonly #receiver: MessageReceiver;
  readonly #check = (): void => {
    this.checkOpen();
  };

  private constructor(by: ByOpener, opened: Opened) {
    checkOpener(by, MessageQueue);
    const { id, key } = opened;
    const keeper = new Keeper();
    super('message queue', keeper);
    this.id = id;
    this.key = key;
    this.#sender = new MessageSender(id, key, keeper);
    this.#receiver = new MessageReceiver(id, key, keeper);
  }

  // ---- opening

  /**
   * Makes a new queue.
   *
   * `key` is a 32-bit number, `IPC_PRIVATE`, or `'random'` (a key that no queue has).
   * Errors: EEXIST, ENOSPC (kernel.msgmni queues exist), EPERM (`maxBytes` above kernel.msgmnb).
   * Source: msgget(2) with IPC_CREAT | IPC_EXCL.
   */
  static create(key: Key, options?: CreateOptions): Promise<MessageQueue> {
    return promised(() => MessageQueue.createSync(key, options));
  }

  /** As `create`, at once. */
  static createSync(key: Key, options?: CreateOptions): MessageQueue {
    return new MessageQueue(byOpener, create(key, options));
  }

  /**
   * Opens the queue that a key has.
   *
   * Errors: ENOENT. Permission is checked by each call that needs it. Source: msgget(2).
   */
  static open(key: number): Promise<MessageQueue> {
    return promised(() => MessageQueue.openSync(key));
  }

  /** As `open`, at once. */
  static openSync(key: number): MessageQueue {
    return new MessageQueue(byOpener, open(key));
  }

  /**
   * Opens the queue that a key has, or makes it. Options apply only to a queue that is made.
   *
   * Errors: ENOSPC, EPERM, as `create`. Source: msgget(2) with IPC_CREAT.
   */
  static openOrCreate(key: Key, options?: CreateOptions): Promise<MessageQueue> {
    return promised(() => MessageQueue.openOrCreateSync(key, options));
  }

  /** As `openOrCreate`, at once. */
  static openOrCreateSync(key: Key, options?: CreateOptions): MessageQueue {
    return new MessageQueue(byOpener, openOrCreate(key, options));
  }

  /**
   * Uses the queue that an identifier names, such as one that another process made with IPC_PRIVATE.
   *
   * Errors: EINVAL (no such queue), EIDRM, EACCES (no read permission). Source: msgctl(2), IPC_STAT.
   */
  static fromId(id: number): Promise<MessageQueue> {
    return promised(() => MessageQueue.fromIdSync(id));
  }

  /** As `fromId`, at once. */
  static fromIdSync(id: number): MessageQueue {
    const checked = integer('id', id, 0, 2 ** 31 - 1);
    return new MessageQueue(byOpener, readStatus(checked, { id: checked }));
  }

  // ---- sending

  /**
   * Sends one message; waits while the queue is full.
   *
   * The bytes are read before the call returns. Text goes as UTF-8; the length is in bytes, 0 to
   * kernel.msgmax. Resolves when the message is in the queue. Messages sent through one object
   * enter the queue in the order of the calls.
   * Errors: EACCES, EIDRM (removed while waiting), EINVAL (no such queue, or longer than
   * kernel.msgmax), EMSGSIZE (longer than this queue can hold while nobody enlarges it),
   * ETIMEDOUT, ERR_CLOSED. Source: msgsnd(2).
   */
  async send(data: Data, options?: SendOptions): Promise<void> {
    this.checkOpen();
    const plan = sendPlan(options);
    throwIfAborted(plan.signal);
    const waiting = this.#sender.send(plan, data, methods.send);
    if (waiting !== undefined) await waiting;
  }

  /** As `send`, blocking the thread. */
  sendSync(data: Data, options?: SendSyncOptions): void {
    this.checkOpen();
    this.#sender.sendSync(sendPlan(options), data);
  }

  /** Sends one message if there is room for it now; tells whether there was. Errors: as `send`. */
  trySend(data: Data, options?: TypeOptions): boolean {
    this.checkOpen();
    return this.#sender.try(sendPlan(options).type, data);
  }

  /**
   * Sends many messages of one type with few crossings into C++; waits while the queue is full.
   *
   * The list is read to its end before anything is sent, so it has to have one.
   * Resolves with how many were sent, from the front: all of them, unless something (time, abort,
   * an error) ended the call after some were. If none was sent, it rejects. Errors: as `send`.
   */
  async sendMany(messages: Iterable<Data>, options?: SendOptions): Promise<number> {
    this.checkOpen();
    const plan = sendPlan(options);
    throwIfAborted(plan.signal);
    return this.#sender.sendMany(plan, messages, methods.sendMany);
  }

  /** As `sendMany`, blocking the thread. */
  sendManySync(messages: Iterable<Data>, options?: SendSyncOptions): number {
    this.checkOpen();
    return this.#sender.sendManySync(sendPlan(options), messages);
  }

  /** Sends as many messages, from the front, as there is room for now; answers how many. */
  trySendMany(messages: Iterable<Data>, options?: TypeOptions): number {
    this.checkOpen();
    return this.#sender.tryMany(sendPlan(options), messages);
  }

  // ---- receiving

  /**
   * Takes one message; waits while there is none of the selector.
   *
   * Resolves with its type and its payload, in a Buffer that is a piece of a pool.
   * Errors: E2BIG (longer than `maxLength`; it stays in the queue), EACCES, EIDRM (removed while
   * waiting), EINVAL (no such queue), ETIMEDOUT, ERR_CLOSED. Source: msgrcv(2).
   */
  async receive(options?: ReceiveOptions): Promise<Message> {
    this.checkOpen();
    const plan = receivePlan(options);
    throwIfAborted(plan.signal);
    return this.#receiver.receive(plan, toBuffer, methods.receive);
  }

  /** As `receive`, blocking the thread. */
  receiveSync(options?: ReceiveSyncOptions): Message {
    this.checkOpen();
    return this.#receiver.receiveSync(receivePlan(options), toBuffer);
  }

  /** Takes one message if there is one now, else answers undefined. Errors: as `receive`. */
  tryReceive(options?: MessageOptions): Message | undefined {
    this.checkOpen();
    return this.#receiver.try(receivePlan(options), toBuffer);
  }

  /**
   * As `receive`, into the caller's memory: `maxLength` is its size unless a smaller one is given.
   *
   * The memory is written when the promise is about to resolve. Resolves with type and length.
   */
  async receiveInto(memory: Exclude<Data, string>, options?: ReceiveOptions): Promise<MessageInto> {
    this.checkOpen();
    const target = new ToMemory('memory', memory);
    const plan = receivePlan(options);
    throwIfAborted(plan.signal);
    return this.#receiver.receive(plan, target, methods.receiveInto);
  }

  /** As `receiveInto`, blocking the thread. */
  receiveIntoSync(memory: Exclude<Data, string>, options?: ReceiveSyncOptions): MessageInto {
    this.checkOpen();
    const target = new ToMemory('memory', memory);
    return this.#receiver.receiveSync(receivePlan(options), target);
  }

  /** As `tryReceive`, into the caller's memory. */
  tryReceiveInto(memory: Exclude<Data, string>, options?: MessageOptions): MessageInto | undefined {
    this.checkOpen();
    const target = new ToMemory('memory', memory);
    return this.#receiver.try(receivePlan(options), target);
  }

  /**
   * Copies the message at an index (0 is the next), which stays in the queue; undefined past the end.
   *
   * Errors: ENOSYS where the kernel was built without CONFIG_CHECKPOINT_RESTORE, EACCES, EINVAL.
   * Source: msgrcv(2), MSG_COPY.
   */
  peek(index = 0): Promise<Message | undefined> {
    return promised(() => this.peekSync(index));
  }

  /** As `peek`, at once. */
  peekSync(index = 0): Message | undefined {
    this.checkOpen();
    return this.#receiver.peek(integer('index', index, 0, 2 ** 31 - 1));
  }

  /** Takes all messages of a selector that are there now, whole, without waiting. Errors: EACCES, EINVAL. */
  drain(options?: DrainOptions): Promise<Message[]> {
    return promised(() => this.drainSync(options));
  }

  /** As `drain`, at once. */
  drainSync(options?: DrainOptions): Message[] {
    const { plan, limit } = drainPlan(options);
    this.checkOpen();
    return this.#receiver.drain(plan, limit);
  }

  /**
   * Iterates over the messages of a selector, waiting for each, until the object is closed.
   *
   * Nothing is taken ahead: leaving the loop leaves the rest in the queue. Throws what `receive`
   * rejects with, such as EIDRM when the queue is removed.
   *
   * ```js
   * for await (const { type, data } of queue.messages({ type: -10 })) handle(type, data);
   * ```
   */
  messages(options?: ReceiveOptions): AsyncIterableIterator<Message> {
    const plan = receivePlan(options); // wrong arguments are told here, not in the loop
    return iterate(plan, this.#check, (own) =>
      this.#receiver.receive(own, toBuffer, iteration.next),
    );
  }

  /**
   * Iterates over all that is there of a selector, as an array, waiting while there is nothing.
   *
   * Takes whole messages. For streams of small messages: one turn of the loop for many. Errors: as `messages`.
   *
   * ```js
   * for await (const batch of queue.batches({ limit: 100 })) await database.insert(batch);
   * ```
   */
  batches(options?: BatchOptions): AsyncIterableIterator<Message[]> {
    const { plan, limit } = batchPlan(options);
    return iterate(plan, this.#check, (own) => this.#receiver.batch(own, limit, iteration.next));
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Message> {
    return this.messages();
  }

  // ---- the object itself

  /** What the kernel knows about the queue. Errors: EACCES, EINVAL, EIDRM. Source: msgctl(2), IPC_STAT. */
  stat(): Promise<QueueStatus> {
    return promised(() => this.statSync());
  }

  /** As `stat`, at once. */
  statSync(): QueueStatus {
    this.checkOpen();
    return readStatus(this.id, this);
  }

  /**
   * Changes owner, permission bits or capacity; what is absent stays.
   *
   * Errors: EPERM (not the owner, or `maxBytes` above kernel.msgmnb), EINVAL, EIDRM; before Linux 4.17
   * EACCES (no permission to read what stays). Source: msgctl(2), IPC_SET.
   */
  set(changes: QueueChanges): Promise<void> {
    return promised(() => {
      this.setSync(changes);
    });
  }

  /** As `set`, at once. */
  setSync(changes: QueueChanges): void {
    this.checkOpen();
    change(this.id, checkChanges(changes, 'changes'), this);
  }

  /**
   * Destroys the queue with all its messages; who waits on it, in any process, gets EIDRM.
   *
   * Errors: EPERM (not the owner), EINVAL (it is gone already). Source: msgctl(2), IPC_RMID.
   */
  remove(): Promise<void> {
    return promised(() => {
      this.removeSync();
    });
  }

  /** As `remove`, at once. */
  removeSync(): void {
    checkControl(native.msgctl(this.id, IPC_RMID, none), 'msgctl', 'queue', this);
  }

  protected override release(reason: () => ClosedError): void {
    this.#sender.end(reason);
    this.#receiver.end(reason);
  }
}

/** Where the stack of an error begins: at the caller of one of these. */
const methods: Record<'send' | 'sendMany' | 'receive' | 'receiveInto', unknown> =
  MessageQueue.prototype;
