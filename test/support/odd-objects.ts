/** How an object of each exported class is made, in a state in which nothing has to wait. */

import { spawn } from 'node:child_process';
import { closeSync, openSync, unlinkSync } from 'node:fs';

import {
  channel,
  ClosedError,
  event,
  lock,
  memory,
  posix,
  stream,
  SystemError,
  sysv,
  unix,
} from 'posix-ipc';

import { endlessOfDirect, oddDirect } from './odd-directs';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Something whose members are found by their names. */
export type Any = Record<string, Method | undefined>;

export interface Made {
  object: Any;
  destroy: () => void;
}

function made(object: object, destroy: () => void = () => undefined): Made {
  return { object: object as Any, destroy };
}

function page(): memory.Mapping {
  return memory.mapAnonymousSync({ length: 4096, shared: true });
}

/** A word that no odd value is equal to. */
function futex(): Made {
  const mapping = page();
  mapping.view(Int32Array)[0] = 123_456_789;
  return made(new event.Futex(mapping), () => {
    mapping.close();
  });
}

function mutex(): Made {
  const mapping = page();
  const object = lock.Mutex.at(mapping, 0, { create: true });
  return made(object, () => {
    object.close();
    mapping.close();
  });
}

function barrier(): Made {
  const mapping = page();
  const object = lock.Barrier.at(mapping, 0, { create: true, parties: 1 }); // nobody to wait for
  return made(object, () => {
    object.close();
    mapping.close();
  });
}

/** Nobody has a guard to wait or to notify with. */
function condition(): Made {
  const mapping = page();
  const object = lock.Condition.at(mapping, 0, { create: true });
  return made(object, () => {
    object.close();
    mapping.close();
  });
}

function lockEvent(): Made {
  const mapping = page();
  const object = lock.Event.at(mapping, 0, { create: true, isSet: true });
  return made(object, () => {
    object.close();
    mapping.close();
  });
}

function once(): Made {
  const mapping = page();
  const object = lock.Once.at(mapping, 0, { create: true });
  return made(object, () => {
    object.close();
    mapping.close();
  });
}

function rwlock(): Made {
  const mapping = page();
  const object = lock.RwLock.at(mapping, 0, { create: true, slots: 8 });
  return made(object, () => {
    object.close();
    mapping.close();
  });
}

/** With room for all that is sent. */
function channelOf(choose: (one: channel.Channel) => object = (one) => one): Made {
  const one = channel.Channel.createSync(undefined, { capacity: 4096 });
  return made(choose(one), () => {
    one.close();
    ignore(() => {
      one.unlinkSync();
    });
  });
}

function receiverOf(one: channel.Channel): channel.Receiver {
  one.sender().sendManySync(Array<string>(8).fill('x'));
  return one.receiver();
}

function cursorOf(one: channel.Channel): channel.Cursor {
  let cursor: channel.Cursor | undefined;
  receiverOf(one).forEach((message) => (cursor = message));
  if (cursor === undefined) throw new Error('nothing was received');
  return cursor;
}

/** With messages that are kept. */
function broadcastOf(choose: (one: channel.Broadcast) => object = (one) => one): Made {
  const one = channel.Broadcast.createSync(undefined, { capacity: 4096 });
  return made(choose(one), () => {
    one.close();
    ignore(() => {
      one.unlinkSync();
    });
  });
}

function subscriberOf(one: channel.Broadcast): channel.Subscriber {
  const publisher = one.publisher();
  for (let i = 0; i < 8; i++) publisher.publishSync('x');
  publisher.flush();
  return one.subscribe({ from: 'oldest' });
}

function shownBy(one: channel.Broadcast): channel.SubscriberCursor {
  let cursor: channel.SubscriberCursor | undefined;
  subscriberOf(one).forEach((message) => (cursor = message));
  if (cursor === undefined) throw new Error('nothing was received');
  return cursor;
}

function queue(): Made {
  const object = sysv.MessageQueue.createSync(sysv.IPC_PRIVATE);
  for (const type of [1, 2, 2 ** 31 - 1, 2 ** 31, 2 ** 32]) object.sendSync('x', { type });
  const { id } = object;
  return made(object, () => {
    object.close();
    ignore(() => {
      sysv.MessageQueue.fromIdSync(id).removeSync();
    });
  });
}

/** Some wait for 0, the others for more. */
function set(method: string): Made {
  const values = Array<number>(3).fill(method.includes('Zero') ? 0 : 100);
  const object = sysv.SemaphoreSet.createSync(sysv.IPC_PRIVATE, { values });
  return made(object, () => {
    object.close();
    ignore(() => {
      object.removeSync();
    });
  });
}

function segment(): Made {
  const object = sysv.SharedMemory.createSync(sysv.IPC_PRIVATE, { size: 4096 });
  return made(object, () => {
    ignore(() => {
      object.removeSync();
    });
  });
}

function ignore(body: () => unknown): void {
  try {
    body();
  } catch {
    // The call removed it.
  }
}

function closed(object: object & { close(): void }, unlink?: () => void): Made {
  return made(object, () => {
    object.close();
    if (unlink !== undefined) ignore(unlink);
  });
}

function semaphore(): Made {
  const object = posix.Semaphore.createSync(undefined, { value: 100 });
  return closed(object, () => {
    object.unlinkSync();
  });
}

function shm(): Made {
  const object = posix.SharedMemory.createSync(undefined, { size: 4096 });
  return closed(object, () => {
    object.unlinkSync();
  });
}

/** Both ends are open, so that nobody waits for the other. */
function fifo(): Made {
  const object = stream.Fifo.createSync('fifo');
  const fd = openSync('fifo', 'r+');
  return closed(object, () => {
    closeSync(fd);
    ignore(() => {
      stream.Fifo.unlinkSync('fifo');
    });
  });
}

/** The end comes soon. */
function pipeReader(): Made {
  const { reader, writer } = stream.pipeSync();
  writer.writeSync('x\n');
  writer.close();
  return closed(reader);
}

/** With room for all that is written. */
function pipeWriter(): Made {
  const { reader, writer } = stream.pipeSync({ capacity: 1 << 18 });
  return closed(writer, () => {
    reader.close();
  });
}

function posixQueue(): Made {
  const object = posix.MessageQueue.createSync(undefined, { maxMessages: 5, messageSize: 64 });
  object.sendSync('x');
  return closed(object, () => {
    object.unlinkSync();
  });
}

/** One end of two; the other has sent something. */
function socket(type: keyof unix.SocketTypes): Made {
  const [object, other] = unix.socketpairSync(type);
  other.sendSync('x\n');
  return closed(object, () => {
    other.close();
  });
}

/** Somebody has connected already. */
function server(of: typeof unix.SeqPacketServer | typeof unix.StreamServer): Made {
  const object = of.createSync('server');
  const client = of === unix.StreamServer ? unix.Stream : unix.SeqPacket;
  const connection = client.connectSync('server');
  return closed(object, () => {
    connection.close();
    ignore(() => {
      object.unlinkSync();
    });
  });
}

function received(): Made {
  const [one, other] = unix.socketpairSync('datagram', { fds: 1 });
  one.sendSync('x', { fds: [one] });
  const object = other.receiveSync()?.fds[0];
  one.close();
  other.close();
  if (object === undefined) throw new Error('nothing was received');
  return closed(object);
}

/** One has come already. */
function signals(): Made {
  const object = event.SignalQueue.openSync(event.SIGRTMIN + 5);
  event.sigqueue(process.pid, object.signal);
  return closed(object);
}

/** Somebody who may be sent any signal; or who ends at once, where that is waited for. */
function child(method: string): Made {
  const seconds = method.includes('nded') ? '0' : '1000';
  const { pid = 0 } = spawn('sleep', [seconds], { stdio: 'ignore' });
  const object = event.Process.openSync(pid);
  return closed(object, () => {
    ignore(() => process.kill(pid, 'SIGKILL'));
  });
}

/** Nobody else locks it. */
function fileLock(): Made {
  return closed(lock.FileLock.openOrCreateSync('locked'), () => {
    unlinkSync('locked');
  });
}

/** `method`: what is to be called. */
export const makers: Partial<Record<string, (method: string) => Made>> = {
  ClosedError: () => made(new ClosedError('test')),
  SystemError: () => made(new SystemError('EINVAL', 'test')),
  'channel.Broadcast': () => broadcastOf(),
  'channel.Publisher': () => broadcastOf((one) => one.publisher()),
  'channel.Subscriber': () => broadcastOf(subscriberOf),
  'channel.SubscriberCursor': () => broadcastOf(shownBy),
  'channel.Channel': () => channelOf(),
  'channel.Cursor': () => channelOf(cursorOf),
  'channel.Direct': () => {
    const { object, close } = oddDirect();
    return made(object, close);
  },
  'channel.Receiver': () => channelOf(receiverOf),
  'channel.RemoteError': () => made(new channel.RemoteError('test')),
  'channel.Sender': () => channelOf((one) => one.sender()),
  'event.EventFd': () => closed(event.EventFd.createSync({ initial: 5 })),
  'event.Futex': futex,
  'event.Process': child,
  'event.SignalQueue': signals,
  'lock.AlreadyRunningError': () => made(new lock.AlreadyRunningError('pid', 1)),
  'lock.Barrier': barrier,
  'lock.Condition': condition,
  'lock.Event': lockEvent,
  'lock.FileLock': fileLock,
  'lock.Mutex': mutex,
  'lock.Once': once,
  'lock.RwLock': rwlock,
  'lock.PidFile': () => closed(lock.PidFile.createSync('pid')),
  'memory.Mapping': () => closed(page()),
  'memory.Memfd': () => closed(memory.memfdSync('odd', { size: 4096 })),
  'posix.MessageQueue': posixQueue,
  'posix.Semaphore': semaphore,
  'posix.SharedMemory': shm,
  'stream.Fifo': fifo,
  'stream.PipeReader': pipeReader,
  'stream.PipeWriter': pipeWriter,
  'sysv.MessageQueue': queue,
  'sysv.SemaphoreSet': set,
  'sysv.SharedMemory': segment,
  'unix.Datagram': () => socket('datagram'),
  'unix.ReceivedDescriptor': received,
  'unix.SeqPacket': () => socket('seqpacket'),
  'unix.SeqPacketServer': () => server(unix.SeqPacketServer),
  'unix.Stream': () => socket('stream'),
  'unix.StreamServer': () => server(unix.StreamServer),
};

/** Only somebody else can end these. */
export const endless = [
  'posix.MessageQueue#notifiedSync',
  ...endlessOfDirect,
  'channel.directSync',
];

/** Good arguments, by the name of the method, for the places that are not odd just now. */
export const others: Partial<Record<string, unknown[]>> = {
  advise: ['normal'],
  at: [page(), 0, { value: 1, create: true }],
  claim: [16],
  create: [undefined, { size: 1, value: 1, capacity: 1024 }],
  direct: ['odd', { timeout: 0 }],
  forEach: [() => undefined],
  openOrCreate: [undefined, { size: 1, value: 1, capacity: 1024 }],
  operate: [[{ by: 1 }]],
  protect: ['write'],
  read: [0, 1],
  readInto: [Buffer.alloc(8), 0],
  receiveInto: [Buffer.alloc(64)],
  resize: [4096],
  run: [() => 1],
  seal: ['grow'],
  send: ['x'],
  sendMany: [['x']],
  set: [{ mode: 0o600 }],
  setValue: [0, 1],
  setValues: [[1, 1, 0]],
  tryClaim: [16],
  tryOperate: [[{ by: 1 }]],
  tryReceiveInto: [Buffer.alloc(64)],
  tryRun: [() => 1],
  trySend: ['x'],
  trySendMany: [['x']],
  tryWaitForZero: [2],
  use: [() => 1],
  view: [Uint8Array, 0, 1],
  waitForZero: [2],
  write: ['x', 0],
};

/** Numbers that may be a descriptor or an object of this process, which it must not take over. */
export function isOurs(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 100;
}
