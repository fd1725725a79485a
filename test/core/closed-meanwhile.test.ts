/** An object that a getter of its caller's options closes, in the middle of the call. */

import { event, memory, posix, stream, sysv, unix } from 'posix-ipc';

import { descriptorsSince } from '../support/descriptors';
import { codeOfRejection, thrownBy } from '../support/outcome';
import { temporaryFifo } from '../support/pipes';
import { temporaryQueue } from '../support/queues';
import { temporarySet } from '../support/semaphore-sets';
import { soon } from '../support/wait-until';

/** Calls a method of an object with options whose timeout, when it is read, closes the object. */
function during<T extends { close(): void }>(
  object: T,
  call: (object: T, options: { timeout: number }) => unknown,
): () => unknown {
  const options = {
    get timeout(): number {
      object.close();
      return 60_000;
    },
  };
  return () => call(object, options);
}

function posixQueue(): posix.MessageQueue {
  const made = posix.MessageQueue.createSync();
  made.unlinkSync();
  return made;
}

function semaphore(): posix.Semaphore {
  const made = posix.Semaphore.createSync();
  made.unlinkSync();
  return made;
}

const pipe = (): stream.Pipe => stream.pipeSync();
const datagram = (): unix.Datagram => unix.Datagram.createSync(unix.autobind);
const packets = (): unix.SeqPacket => unix.socketpairSync('seqpacket')[0];
const word = (): event.Futex => new event.Futex(memory.mapAnonymousSync({ length: 4096 }));
const list = [{ index: 0, by: -1 }];

const calls: [name: string, make: () => () => unknown][] = [
  ['read', () => during(pipe().reader, (one, o) => one.read(o))],
  ['readSync', () => during(pipe().reader, (one, o) => one.readSync(o))],
  ['write', () => during(pipe().writer, (one, o) => one.write('x', o))],
  ['writeSync', () => during(pipe().writer, (one, o) => one.writeSync('x', o))],
  ['sendFile', () => during(pipe().writer, (one, o) => one.sendFile('/etc/passwd', o))],
  ['sendFileSync', () => during(pipe().writer, (one, o) => one.sendFileSync('/etc/passwd', o))],
  ['openReader', () => during(temporaryFifo(), (one, o) => one.openReader(o))],
  ['openReaderSync', () => during(temporaryFifo(), (one, o) => one.openReaderSync(o))],
  ['openWriter', () => during(temporaryFifo(), (one, o) => one.openWriter(o))],
  ['EventFd.read', () => during(event.EventFd.createSync(), (one, o) => one.read(o))],
  ['EventFd.readSync', () => during(event.EventFd.createSync(), (one, o) => one.readSync(o))],
  ['sendTo', () => during(datagram(), (one, o) => one.sendTo('\0x', 'x', o))],
  [
    'sendToSync',
    () =>
      during(datagram(), (one, o) => {
        one.sendToSync('\0x', 'x', o);
      }),
  ],
  ['socket receive', () => during(packets(), (one, o) => one.receive(o))],
  ['socket send', () => during(packets(), (one, o) => one.send('x', o))],
  [
    'accept',
    () => during(unix.SeqPacketServer.createSync(unix.autobind), (one, o) => one.accept(o)),
  ],
  ['POSIX receive', () => during(posixQueue(), (one, o) => one.receive(o))],
  [
    'POSIX sendSync',
    () =>
      during(posixQueue(), (one, o) => {
        one.sendSync('x', o);
      }),
  ],
  ['POSIX semaphore acquire', () => during(semaphore(), (one, o) => one.acquire(o))],
  ['POSIX semaphore wait', () => during(semaphore(), (one, o) => one.wait(o))],
  [
    'POSIX semaphore waitSync',
    () =>
      during(semaphore(), (one, o) => {
        one.waitSync(o);
      }),
  ],
  ['System V receive', () => during(temporaryQueue(), (one, o) => one.receive(o))],
  ['System V receiveSync', () => during(temporaryQueue(), (one, o) => one.receiveSync(o))],
  ['System V send', () => during(temporaryQueue(), (one, o) => one.send('x', o))],
  ['System V sendManySync', () => during(temporaryQueue(), (one, o) => one.sendManySync(['x'], o))],
  ['operate', () => during(temporarySet(), (one, o) => one.operate(list, o))],
  [
    'operateSync',
    () =>
      during(temporarySet(), (one, o) => {
        one.operateSync(list, o);
      }),
  ],
  ['futex wait', () => during(word(), (one, o) => one.wait(0, o))],
  ['futex waitSync', () => during(word(), (one, o) => one.waitSync(0, o))],
];

test.each(calls)('%s: ERR_CLOSED, and nothing waits', async (name, make) => {
  const call = make();
  const outcome = Promise.resolve().then(call);
  expect(await codeOfRejection(soon(name, outcome, 30_000))).toBe('ERR_CLOSED');
});

test('drain, whose limit closes the queue, takes nothing', () => {
  const queue = temporaryQueue();
  queue.sendSync('x');
  const options = {
    get limit(): number {
      queue.close();
      return 1;
    },
  };
  expect(() => queue.drainSync(options)).toThrow('closed');
  const again = sysv.MessageQueue.fromIdSync(queue.id);
  expect(again.tryReceive()?.data.toString()).toBe('x');
});

describe('a range that closes its mapping when it is read', () => {
  const mapping = (): memory.Mapping => memory.mapAnonymousSync({ length: 8192 });
  const uses: [string, (one: memory.Mapping, range: memory.MappingRange) => unknown][] = [
    ['sync', (one, range) => one.sync(range)],
    [
      'syncSync',
      (one, range) => {
        one.syncSync(range);
      },
    ],
    ['advise', (one, range) => one.advise('normal', range)],
    [
      'adviseSync',
      (one, range) => {
        one.adviseSync('normal', range);
      },
    ],
    ['lock', (one, range) => one.lock(range)],
    [
      'lockSync',
      (one, range) => {
        one.lockSync(range);
      },
    ],
    ['unlock', (one, range) => one.unlock(range)],
    ['residency', (one, range) => one.residency(range)],
    [
      'Semaphore.at',
      (one, range) =>
        posix.Semaphore.at(one, 0, {
          get value() {
            return range.offset;
          },
        }),
    ],
  ];

  test.each(uses)('%s: ERR_CLOSED', async (_name, use) => {
    const one = mapping();
    const range = {
      get offset(): number {
        one.close();
        return 0;
      },
    };
    expect(await codeOfRejection(Promise.resolve().then(() => use(one, range)))).toBe('ERR_CLOSED');
  });
});

describe('one descriptor has one owner', () => {
  const makers: [string, () => { fd: number; close(): void }, (fd: number) => unknown][] = [
    ['EventFd', () => event.EventFd.createSync(), (fd) => event.EventFd.fromFdSync(fd)],
    ['PipeReader', () => pipe().reader, (fd) => stream.PipeReader.fromFdSync(fd)],
    ['PipeWriter', () => pipe().writer, (fd) => stream.PipeWriter.fromFdSync(fd)],
    ['Datagram', datagram, (fd) => unix.Datagram.fromFdSync(fd)],
    ['MessageQueue', posixQueue, (fd) => posix.MessageQueue.fromFdSync(fd)],
    ['Memfd', () => memory.memfdSync('one'), (fd) => memory.Memfd.fromFdSync(fd)],
  ];

  test.each(makers)('%s.fromFd of what an object owns', (_name, make, take) => {
    const one = make();
    const opened = descriptorsSince();
    const error = thrownBy(() => take(one.fd));
    expect(error).toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
    expect(error.message).toContain('no object owns');
    expect(opened()).toEqual([]);
    one.close();
  });

  test('a copy may be made, and what was handed over may be taken', () => {
    const one = event.EventFd.createSync({ initial: 3 });
    event.EventFd.fromFdSync(one.fd, { own: false }).close();
    const again = event.EventFd.fromFdSync(one.detach());
    expect(again.tryRead()).toBe(3n);
    again.close();
  });
});
