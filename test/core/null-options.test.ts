/** `undefined` is the default of an option; `null` is a wrong value, to every facility alike. */

import path from 'node:path';

import { channel, event, lock, memory, posix, stream, sysv, unix } from 'posix-ipc';

import { codeThrownBy } from '../support/outcome';
import { runDirectory } from '../support/run-directory';

type Options = Record<string, unknown>;

/** What is made all the same is to be seen by the code alone, and must not be left. */
function attempt(make: () => object): () => void {
  return () => {
    const made = make() as { unlinkSync?: () => void; removeSync?: () => void; close?: () => void };
    made.unlinkSync?.();
    made.removeSync?.();
    made.close?.();
  };
}

const file = (): string => path.join(runDirectory(), 'null-options');
const mapping = memory.mapAnonymousSync({ length: 1 << 20, shared: true });

afterAll(() => {
  mapping.close();
});

const makers: Record<string, [make: (options: Options) => object, names: string[]]> = {
  'posix.MessageQueue': [
    (options) => posix.MessageQueue.createSync(undefined, options),
    ['mode', 'access', 'maxMessages', 'messageSize'],
  ],
  'posix.Semaphore': [
    (options) => posix.Semaphore.createSync(undefined, options),
    ['mode', 'value'],
  ],
  'posix.SharedMemory': [
    (options) => posix.SharedMemory.createSync(undefined, { size: 1, ...options }),
    ['mode', 'size', 'access', 'populate', 'lock'],
  ],
  'sysv.MessageQueue': [
    (options) => sysv.MessageQueue.createSync('random', options),
    ['mode', 'maxBytes'],
  ],
  'sysv.SemaphoreSet': [
    (options) => sysv.SemaphoreSet.createSync('random', options),
    ['mode', 'count', 'value', 'values'],
  ],
  'sysv.SharedMemory': [
    (options) => sysv.SharedMemory.createSync('random', { size: 1, ...options }),
    ['mode', 'size', 'hugePages'],
  ],
  'lock.Mutex': [
    (options) => lock.Mutex.createSync(undefined, options),
    ['mode', 'fair', 'recursive', 'recover'],
  ],
  'lock.RwLock': [
    (options) => lock.RwLock.createSync(undefined, options),
    ['mode', 'slots', 'preferWriters', 'recover'],
  ],
  'lock.Event': [
    (options) => lock.Event.createSync(undefined, options),
    ['mode', 'autoReset', 'isSet'],
  ],
  'lock.Barrier': [(options) => lock.Barrier.createSync(undefined, options), ['mode', 'parties']],
  'lock.Once.at': [(options) => lock.Once.at(mapping, 0, options), ['create']],
  'lock.PidFile': [(options) => lock.PidFile.createSync(file(), options), ['mode']],
  'lock.FileLock': [
    (options) => lock.FileLock.createSync(file(), options),
    ['mode', 'kind', 'access'],
  ],
  'channel.Channel': [
    (options) => channel.Channel.createSync(undefined, options),
    ['mode', 'capacity', 'full', 'uid', 'gid', 'temporary', 'waiting', 'codec', 'senders'],
  ],
  'channel.Channel without capacity': [
    (options) => channel.Channel.createSync(undefined, { capacity: 0, ...options }),
    ['maxLength', 'receivers'],
  ],
  'channel.Channel, unbounded': [
    (options) => channel.Channel.createSync(undefined, { capacity: 'unbounded', ...options }),
    ['limit', 'segment'],
  ],
  'channel.Channel.at': [(options) => channel.Channel.at(mapping, 0, options), ['create']],
  'channel.Broadcast': [
    (options) => channel.Broadcast.createSync(undefined, options),
    ['mode', 'capacity', 'full', 'uid', 'gid', 'temporary', 'waiting', 'codec'],
  ],
  'channel.Broadcast that waits': [
    (options) => channel.Broadcast.createSync(undefined, { full: 'wait', ...options }),
    ['subscribers'],
  ],
  'channel.Broadcast.at': [(options) => channel.Broadcast.at(mapping, 0, options), ['create']],
  'event.EventFd': [(options) => event.EventFd.createSync(options), ['initial', 'semaphore']],
  'event.EventFd.fromFd': [(options) => event.EventFd.fromFdSync(0, options), ['own']],
  'stream.Fifo': [(options) => stream.Fifo.createSync(file(), options), ['mode']],
  'unix.SeqPacketServer': [
    (options) => unix.SeqPacketServer.createSync(file(), options),
    ['mode', 'backlog'],
  ],
  'memory.Memfd': [(options) => memory.memfdSync('null', options), ['size', 'seals', 'hugePages']],
};

const rows = Object.entries(makers).flatMap(([name, [make, options]]) =>
  options.map((option) => [name, option, make] as const),
);

test.each(rows)('%s: %s', (_name, option, make) => {
  expect(codeThrownBy(attempt(() => make({ [option]: null })))).toBe('ERR_INVALID_ARG_TYPE');
});

test('the range of a file lock, and the openers of a FIFO', () => {
  const locked = lock.FileLock.openOrCreateSync(file());
  for (const option of ['shared', 'start', 'length', 'timeout'])
    expect(codeThrownBy(() => locked.lockSync({ [option]: null }))).toBe('ERR_INVALID_ARG_TYPE');
  locked.close();
  const fifo = stream.Fifo.createSync(`${file()}.fifo`);
  for (const option of ['keepOpen', 'timeout'])
    expect(codeThrownBy(() => fifo.openReaderSync({ [option]: null }))).toBe(
      'ERR_INVALID_ARG_TYPE',
    );
  const reader = fifo.openReaderSync({ keepOpen: true });
  expect(codeThrownBy(() => reader.lines({ encoding: null } as object))).toBe(
    'ERR_INVALID_ARG_TYPE',
  );
  reader.close();
  fifo.unlinkSync();
  fifo.close();
});
