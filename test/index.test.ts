/** The public names. A new one fails here until it is listed, and it is listed when it has tests. */

import { execFileSync } from 'node:child_process';
import path from 'node:path';

import * as posixIpc from 'posix-ipc';
import * as syscalls from 'posix-ipc/syscalls';

import * as channelNames from './support/channel-names';
import { lockNames } from './support/lock-names';
import { chainOf, membersOf, printed } from './support/members';
import { socketNames } from './support/socket-names';

const root = path.resolve(__dirname, '..');

test('posix-ipc exports these names', () => {
  expect(Object.keys(posixIpc).sort()).toEqual([
    'ClosedError',
    'SystemError',
    'channel',
    'event',
    'lock',
    'memory',
    'posix',
    'stream',
    'sysv',
    'unix',
  ]);
});

test('channel exports these classes, which have these members', () => {
  const { direct, directSync, ...channel } = posixIpc.channel;
  expect([direct, directSync]).toEqual([expect.any(Function), expect.any(Function)]);
  const found = Object.entries(channel).map(([name, one]) => [name, membersOf(one.prototype)]);
  expect(Object.fromEntries(found)).toEqual(channelNames.members);
  expect(membersOf(channel.Channel)).toEqual(channelNames.statics);
  expect(membersOf(channel.Broadcast)).toEqual(channelNames.statics);
});

test('event exports these names', () => {
  expect(Object.keys(posixIpc.event).sort()).toEqual([
    'EventFd',
    'Futex',
    'Process',
    'SIGRTMAX',
    'SIGRTMIN',
    'SignalQueue',
    'sigqueue',
    'watchProcess',
  ]);
});

test('EventFd has these members', () => {
  expect(membersOf(posixIpc.event.EventFd)).toEqual([
    'create',
    'createSync',
    'fromFd',
    'fromFdSync',
  ]);
  expect(membersOf(posixIpc.event.EventFd.prototype)).toEqual([
    'close',
    'closed',
    'detach',
    'fd',
    'read',
    'readSync',
    'ref',
    'tryRead',
    'tryWrite',
    'unref',
    'value',
    'write',
    'writeSync',
  ]);
});

test('Process has these members', () => {
  expect(membersOf(posixIpc.event.Process)).toEqual(['open', 'openSync']);
  expect(membersOf(posixIpc.event.Process.prototype)).toEqual(
    [
      ['close', 'closed', 'detach', 'ended', 'endedSync', 'fd'],
      ['kill', 'ref', 'tryEnded', 'unref'],
    ].flat(),
  );
});

test('SignalQueue has these members', () => {
  expect(membersOf(posixIpc.event.SignalQueue)).toEqual(['open', 'openSync']);
  expect(membersOf(posixIpc.event.SignalQueue.prototype)).toEqual(
    [
      ['close', 'closed', 'detach', 'fd'],
      ['receive', 'receiveSync', 'ref', 'tryReceive', 'unref'],
    ].flat(),
  );
});

test('Futex has these members', () => {
  expect(membersOf(posixIpc.event.Futex)).toEqual([]);
  expect(membersOf(posixIpc.event.Futex.prototype)).toEqual([
    'close',
    'closed',
    'ref',
    'tryWait',
    'unref',
    'wait',
    'waitSync',
    'wake',
  ]);
  expect(
    new Set(chainOf(posixIpc.event.Futex.prototype).flatMap(Object.getOwnPropertySymbols)),
  ).toEqual(new Set([Symbol.dispose, Symbol.asyncDispose]));
});

test('posix exports these names', () => {
  expect(Object.keys(posixIpc.posix).sort()).toEqual(['MessageQueue', 'Semaphore', 'SharedMemory']);
});

test('posix.MessageQueue has these members', () => {
  const { MessageQueue } = posixIpc.posix;
  expect(membersOf(MessageQueue)).toEqual(
    [
      ['create', 'createSync', 'fromFd', 'fromFdSync', 'open', 'openOrCreate', 'openOrCreateSync'],
      ['openSync', 'unlink', 'unlinkSync'],
    ].flat(),
  );
  expect(membersOf(MessageQueue.prototype)).toEqual(
    [
      ['attributes', 'batches', 'close', 'closed', 'detach', 'drain', 'drainSync', 'fd'],
      ['messages', 'notified', 'notifiedSync', 'notify', 'notifySync', 'receive', 'receiveInto'],
      ['receiveIntoSync', 'receiveSync', 'ref', 'send', 'sendMany', 'sendManySync', 'sendSync'],
      ['stat', 'statSync', 'tryReceive', 'tryReceiveInto', 'trySend', 'trySendMany', 'unlink'],
      ['unlinkSync', 'unref'],
    ].flat(),
  );
});

test('stream exports these names', () => {
  expect(Object.keys(posixIpc.stream).sort()).toEqual(
    [['Fifo', 'PipeReader', 'PipeWriter', 'mkfifo', 'mkfifoSync', 'pipe', 'pipeSync']].flat(),
  );
});

test('PipeReader, PipeWriter and Fifo have these members', () => {
  const { Fifo, PipeReader, PipeWriter } = posixIpc.stream;
  const common = ['capacity', 'close', 'closed', 'detach', 'fd', 'ref', 'unref'];
  expect(membersOf(PipeReader)).toEqual(['fromFd', 'fromFdSync']);
  expect(membersOf(PipeWriter)).toEqual(['fromFd', 'fromFdSync']);
  const reads = ['chunks', 'lines', 'read', 'readInto', 'readIntoSync', 'readSync', 'readable'];
  const more = ['records', 'tryRead', 'tryReadInto'];
  expect(membersOf(PipeReader.prototype)).toEqual([...reads, ...more, ...common].sort());
  const writes = ['sendFile', 'sendFileSync', 'tryWrite', 'writable', 'write', 'writeSync'];
  expect(membersOf(PipeWriter.prototype)).toEqual([...writes, ...common].sort());
  expect(membersOf(Fifo)).toEqual(
    [
      ['create', 'createSync', 'open', 'openOrCreate', 'openOrCreateSync', 'openSync'],
      ['unlink', 'unlinkSync'],
    ].flat(),
  );
  expect(membersOf(Fifo.prototype)).toEqual(
    [
      ['close', 'closed', 'openReader', 'openReaderSync', 'openWriter', 'openWriterSync'],
      ['ref', 'tryOpenReader', 'tryOpenWriter', 'unlink', 'unlinkSync', 'unref'],
    ].flat(),
  );
  expect(new Set(chainOf(PipeReader.prototype).flatMap(Object.getOwnPropertySymbols))).toEqual(
    new Set([Symbol.asyncIterator, Symbol.dispose, Symbol.asyncDispose, printed]),
  );
});

test('sysv exports these names', () => {
  expect(Object.keys(posixIpc.sysv).sort()).toEqual([
    ...['IPC_PRIVATE', 'MessageQueue', 'SemaphoreSet', 'SharedMemory', 'ftok'],
  ]);
});

test('memory exports these names', () => {
  expect(Object.keys(posixIpc.memory).sort()).toEqual([
    'Mapping',
    'Memfd',
    'map',
    'mapAnonymous',
    'mapAnonymousSync',
    'mapSync',
    'memfd',
    'memfdSync',
  ]);
});

test('Mapping has these members, and no static ones', () => {
  const { Mapping } = posixIpc.memory;
  expect(membersOf(Mapping)).toEqual([]);
  // And `length`, which every function has too.
  expect(membersOf(Mapping.prototype)).toEqual(
    [
      ['access', 'advise', 'adviseSync', 'buffer', 'bytes', 'close', 'closed'],
      ['lock', 'lockSync', 'protect', 'protectSync', 'read', 'readInto', 'residency'],
      ['residencySync', 'resize', 'resizeSync', 'sync', 'syncSync', 'unlock', 'unlockSync'],
      ['view', 'write'],
    ].flat(),
  );
  expect(new Set(chainOf(Mapping.prototype).flatMap(Object.getOwnPropertySymbols))).toEqual(
    new Set([Symbol.dispose, Symbol.asyncDispose, printed]),
  );
});

test('SharedMemory and Memfd have these members', () => {
  const { SharedMemory } = posixIpc.posix;
  const { Memfd } = posixIpc.memory;
  expect(membersOf(SharedMemory)).toEqual(
    [
      ['create', 'createSync', 'open', 'openOrCreate', 'openOrCreateSync', 'openSync'],
      ['unlink', 'unlinkSync'],
    ].flat(),
  );
  expect(membersOf(SharedMemory.prototype)).toEqual(
    [
      ['attach', 'attachSync', 'buffer', 'bytes', 'close', 'closed', 'fd', 'mapping', 'resize'],
      ['resizeSync', 'size', 'stat', 'statSync', 'unlink', 'unlinkSync'],
    ].flat(),
  );
  expect(membersOf(Memfd)).toEqual(['create', 'createSync', 'fromFd', 'fromFdSync']);
  expect(membersOf(Memfd.prototype)).toEqual(
    [
      ['close', 'closed', 'fd', 'map', 'mapSync', 'resize', 'resizeSync', 'seal', 'seals', 'size'],
    ].flat(),
  );
});

test('posix-ipc/syscalls exports these names', () => {
  expect(Object.keys(syscalls).sort()).toEqual(
    [
      ['CLOCK_MONOTONIC', 'CLOCK_REALTIME', 'EFD_CLOEXEC', 'EFD_NONBLOCK', 'EFD_SEMAPHORE'],
      ['F_ADD_SEALS', 'F_GET_SEALS', 'F_SEAL_FUTURE_WRITE', 'F_SEAL_GROW', 'F_SEAL_SEAL'],
      ['F_SEAL_SHRINK', 'F_SEAL_WRITE', 'GETALL', 'GETNCNT', 'GETPID', 'GETVAL', 'GETZCNT'],
      ['IPC_CREAT', 'IPC_EXCL', 'IPC_INFO', 'IPC_NOWAIT', 'IPC_PRIVATE', 'IPC_RMID'],
      ['IPC_SET', 'IPC_STAT', 'MADV_COLD', 'MADV_COLLAPSE', 'MADV_DODUMP', 'MADV_DOFORK'],
      ['MADV_DONTDUMP', 'MADV_DONTFORK', 'MADV_DONTNEED', 'MADV_FREE', 'MADV_HUGEPAGE'],
      ['MADV_KEEPONFORK', 'MADV_MERGEABLE', 'MADV_NOHUGEPAGE', 'MADV_NORMAL', 'MADV_PAGEOUT'],
      ['MADV_POPULATE_READ', 'MADV_POPULATE_WRITE', 'MADV_RANDOM', 'MADV_REMOVE'],
      ['MADV_SEQUENTIAL', 'MADV_UNMERGEABLE', 'MADV_WILLNEED', 'MADV_WIPEONFORK'],
      ['MAP_ANONYMOUS', 'MAP_FIXED', 'MAP_HUGETLB', 'MAP_HUGE_1GB', 'MAP_HUGE_2MB'],
      ['MAP_LOCKED', 'MAP_NORESERVE', 'MAP_POPULATE', 'MAP_PRIVATE', 'MAP_SHARED'],
      ['MAP_SHARED_VALIDATE', 'MFD_ALLOW_SEALING', 'MFD_CLOEXEC', 'MFD_HUGETLB'],
      ['MFD_HUGE_1GB', 'MFD_HUGE_2MB', 'MQ_PRIO_MAX', 'MREMAP_MAYMOVE', 'MSG_COPY'],
      ['MSG_EXCEPT', 'MSG_INFO', 'MSG_NOERROR', 'MSG_STAT', 'MSG_STAT_ANY', 'MS_ASYNC'],
      ['MS_INVALIDATE', 'MS_SYNC', 'O_CREAT', 'O_EXCL', 'O_NONBLOCK', 'O_RDONLY', 'O_RDWR'],
      ['O_TRUNC', 'O_WRONLY', 'PAGE_SIZE', 'PROT_EXEC', 'PROT_NONE', 'PROT_READ'],
      ['PROT_WRITE', 'SEM_INFO', 'SEM_STAT', 'SEM_STAT_ANY', 'SEM_UNDO', 'SEM_VALUE_MAX'],
      ['SETALL', 'SETVAL', 'SHM_DEST', 'SHM_EXEC', 'SHM_HUGETLB', 'SHM_HUGE_1GB'],
      ['SHM_HUGE_2MB', 'SHM_INFO', 'SHM_LOCK', 'SHM_LOCKED', 'SHM_NORESERVE', 'SHM_R'],
      ['SHM_RDONLY', 'SHM_REMAP', 'SHM_RND', 'SHM_STAT', 'SHM_STAT_ANY', 'SHM_UNLOCK'],
      ['SHM_W', 'SIGEV_NONE', 'SIGEV_SIGNAL', 'eventfd', 'eventfd_read', 'eventfd_write'],
      ['fcntl', 'ftok', 'ftruncate', 'madvise', 'memfd_create', 'mincore', 'mlock', 'mmap'],
      ['mprotect', 'mq_close', 'mq_getattr', 'mq_notify', 'mq_open', 'mq_receive', 'mq_send'],
      ['mq_setattr', 'mq_timedreceive', 'mq_timedsend', 'mq_unlink', 'mremap', 'msgbuf'],
      ['msgctl', 'msgget', 'msgrcv', 'msgsnd', 'msync', 'munlock', 'munmap'],
      ['posix_fallocate', 'sem_clockwait', 'sem_close', 'sem_destroy', 'sem_getvalue'],
      ['sem_init', 'sem_open', 'sem_post', 'sem_timedwait', 'sem_trywait', 'sem_unlink'],
      ['sem_wait', 'semctl', 'semget', 'semop', 'semtimedop', 'shm_open', 'shm_unlink'],
      ['shmat', 'shmctl', 'shmdt', 'shmget'],
      ['pidfd_open', 'pidfd_send_signal', 'sigqueue'],
      ['F_GETPIPE_SZ', 'F_SETPIPE_SZ', 'O_CLOEXEC', 'O_DIRECT', 'PIPE_BUF', 'SPLICE_F_GIFT'],
      ['SPLICE_F_MORE', 'SPLICE_F_MOVE', 'SPLICE_F_NONBLOCK'],
      ['mkfifo', 'pipe', 'pipe2', 'splice', 'tee', 'vmsplice'],
      lockNames,
      socketNames,
    ]
      .flat()
      .sort(),
  );
});

test('MessageQueue has these static members', () => {
  expect(membersOf(posixIpc.sysv.MessageQueue)).toEqual(
    [
      ['create', 'createSync', 'fromId', 'fromIdSync'],
      ['open', 'openOrCreate', 'openOrCreateSync', 'openSync'],
    ].flat(),
  );
});

test('MessageQueue has these members', () => {
  expect(membersOf(posixIpc.sysv.MessageQueue.prototype)).toEqual(
    [
      ['batches', 'close', 'closed', 'drain', 'drainSync', 'messages', 'peek', 'peekSync'],
      ['receive', 'receiveInto', 'receiveIntoSync', 'receiveSync', 'ref', 'remove', 'removeSync'],
      ['send', 'sendMany', 'sendManySync', 'sendSync', 'set', 'setSync', 'stat', 'statSync'],
      ['tryReceive', 'tryReceiveInto', 'trySend', 'trySendMany', 'unref'],
    ].flat(),
  );
});

test('MessageQueue has these symbols', () => {
  expect(
    new Set(chainOf(posixIpc.sysv.MessageQueue.prototype).flatMap(Object.getOwnPropertySymbols)),
  ).toEqual(new Set([Symbol.asyncIterator, Symbol.dispose, Symbol.asyncDispose]));
});

test('Semaphore has these static members', () => {
  expect(membersOf(posixIpc.posix.Semaphore)).toEqual(
    [
      ['at', 'create', 'createSync', 'open', 'openOrCreate', 'openOrCreateSync', 'openSync'],
      ['unlink', 'unlinkSync'],
    ].flat(),
  );
});

test('Semaphore has these members', () => {
  expect(membersOf(posixIpc.posix.Semaphore.prototype)).toEqual(
    [
      ['acquire', 'acquireSync', 'close', 'closed', 'post', 'ref'],
      ['tryAcquire', 'tryWait', 'unlink', 'unlinkSync', 'unref', 'use', 'value'],
      ['wait', 'waitSync'],
    ].flat(),
  );
});

test('Semaphore has these symbols', () => {
  expect(
    new Set(chainOf(posixIpc.posix.Semaphore.prototype).flatMap(Object.getOwnPropertySymbols)),
  ).toEqual(new Set([Symbol.dispose, Symbol.asyncDispose]));
});

const { SemaphoreSet } = posixIpc.sysv;

test('SemaphoreSet has these static members', () => {
  expect(membersOf(SemaphoreSet)).toEqual(
    [
      ['create', 'createSync', 'fromId', 'fromIdSync'],
      ['open', 'openOrCreate', 'openOrCreateSync', 'openSync'],
    ].flat(),
  );
});

test('SemaphoreSet has these members', () => {
  expect(membersOf(SemaphoreSet.prototype)).toEqual(
    [
      ['acquire', 'acquireSync', 'close', 'closed'],
      ['operate', 'operateSync', 'pid', 'pidSync', 'post', 'postSync'],
      ['ref', 'remove', 'removeSync', 'set', 'setSync', 'setValue', 'setValueSync'],
      ['setValues', 'setValuesSync', 'stat', 'statSync'],
      ['tryAcquire', 'tryOperate', 'tryWait', 'tryWaitForZero', 'unref', 'use'],
      ['value', 'valueSync', 'values', 'valuesSync'],
      ['wait', 'waitForZero', 'waitForZeroSync', 'waitSync', 'waiters', 'waitersSync'],
      ['zeroWaiters', 'zeroWaitersSync'],
    ].flat(),
  );
});

test('SemaphoreSet has these symbols', () => {
  expect(new Set(chainOf(SemaphoreSet.prototype).flatMap(Object.getOwnPropertySymbols))).toEqual(
    new Set([Symbol.dispose, Symbol.asyncDispose]),
  );
});

const { SharedMemory } = posixIpc.sysv;

test('SharedMemory has these static members', () => {
  expect(membersOf(SharedMemory)).toEqual(
    [
      ['create', 'createSync', 'fromId', 'fromIdSync'],
      ['open', 'openOrCreate', 'openOrCreateSync', 'openSync'],
    ].flat(),
  );
});

test('SharedMemory has these members', () => {
  expect(membersOf(SharedMemory.prototype)).toEqual(
    [
      ['attach', 'attachSync', 'close', 'closed', 'lock', 'lockSync'],
      ['remove', 'removeSync', 'set', 'setSync', 'stat', 'statSync', 'unlock', 'unlockSync'],
    ].flat(),
  );
});

test('SharedMemory has these symbols', () => {
  expect(new Set(chainOf(SharedMemory.prototype).flatMap(Object.getOwnPropertySymbols))).toEqual(
    new Set([Symbol.dispose, Symbol.asyncDispose]),
  );
});

test('import and require give the same objects', () => {
  const program = `
    import { createRequire } from 'node:module';
    import * as imported from 'posix-ipc';
    import * as importedCalls from 'posix-ipc/syscalls';
    const require = createRequire(import.meta.url);
    const pairs = [[imported, require('posix-ipc')], [importedCalls, require('posix-ipc/syscalls')]];
    const different = pairs.flatMap(([a, b]) =>
      [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => a[name] !== b[name]));
    console.log(JSON.stringify({ different, names: pairs.map(([a]) => Object.keys(a).sort()) }));
  `;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: root,
  });
  expect(JSON.parse(output.toString())).toEqual({
    different: [],
    names: [Object.keys(posixIpc).sort(), Object.keys(syscalls).sort()],
  });
});
