import { ClosedError, memory, SystemError, sysv } from 'posix-ipc';

import { isRoot, testIf } from '../support/machine';
import {
  codeOfRejection,
  codeThrownBy,
  rejectionOf,
  thrownBy,
  type CodedError,
} from '../support/outcome';
import { nobody } from '../support/nobody';
import { startNode } from '../support/processes';
import { randomKey } from '../support/random-key';
import { adoptAttached, adoptSegment, temporarySegment } from '../support/segments';
import { waitUntil } from '../support/wait-until';

const { SharedMemory } = sysv;

type Made = Promise<sysv.SharedMemory>;
type Maker = (key: sysv.Key, options: sysv.SharedMemoryOptions) => Made;

function later<R>(call: () => R): Promise<R> {
  return Promise.resolve().then(call);
}

const creators: [string, Maker][] = [
  ['create', (key, options) => SharedMemory.create(key, options)],
  ['createSync', (key, options) => later(() => SharedMemory.createSync(key, options))],
];
const openersOrCreators: [string, Maker][] = [
  ['openOrCreate', (key, options) => SharedMemory.openOrCreate(key, options)],
  ['openOrCreateSync', (key, options) => later(() => SharedMemory.openOrCreateSync(key, options))],
];
const openers: [string, (key: number) => Made][] = [
  ['open', (key) => SharedMemory.open(key)],
  ['openSync', (key) => later(() => SharedMemory.openSync(key))],
];
const attachForms: [
  string,
  (segment: sysv.SharedMemory, options?: sysv.AttachOptions) => Promise<memory.Mapping>,
][] = [
  ['attach', (segment, options) => segment.attach(options)],
  ['attachSync', (segment, options) => later(() => segment.attachSync(options))],
];

/** A removed segment goes with its last attachment; what had a buffer is detached a little later. */
async function untilGone(segment: sysv.SharedMemory): Promise<void> {
  await waitUntil('the segment is gone', () => {
    try {
      segment.statSync();
      return false;
    } catch (error) {
      expect((error as SystemError).code).toBe('EINVAL');
      return true;
    }
  });
}

describe.each([...creators, ...openersOrCreators])('%s where there is none', (_name, create) => {
  test('makes a segment of zeroes and mode 0600', async () => {
    const key = randomKey();
    const segment = adoptSegment(await create(key, { size: 5000 }));
    expect(segment).toBeInstanceOf(SharedMemory);
    expect([segment.key, segment.size, segment.closed]).toEqual([key, 5000, false]);
    expect(segment.statSync()).toMatchObject({ id: segment.id, key, size: 5000, mode: 0o600 });
    const mapping = adoptAttached(segment.attachSync());
    expect(mapping.bytes.equals(Buffer.alloc(5000))).toBe(true);
  });

  test.each([0o400, 0o640, 0o666, 0o777])('the mode is exact: %i', async (mode) => {
    const before = process.umask(0o077);
    try {
      const segment = adoptSegment(await create('random', { size: 1, mode }));
      expect(segment.statSync().mode).toBe(mode);
    } finally {
      process.umask(before);
    }
  });

  test("'random' and IPC_PRIVATE", async () => {
    const random = adoptSegment(await create('random', { size: 1 }));
    expect(random.key).toBeGreaterThan(0);
    expect(SharedMemory.openSync(random.key).id).toBe(random.id);
    const secret = adoptSegment(await create(sysv.IPC_PRIVATE, { size: 1 }));
    expect([secret.key, secret.statSync().key]).toEqual([0, 0]);
  });

  test('limits are named', async () => {
    // More than any machine has: kernel.shmmax, or memory that is not there.
    const error = await rejectionOf(create('random', { size: Number.MAX_SAFE_INTEGER }));
    expect(error).toBeInstanceOf(SystemError);
    expect(error).toMatchObject({ syscall: 'shmget' });
    const { code } = error as CodedError;
    expect(code).toMatch(/ENOMEM|ENOSPC|EINVAL/);
    if (code === 'ENOSPC') expect(error.message).toContain('kernel.shmall');
  });

  test('wrong arguments', async () => {
    const code = (options: unknown): Promise<string> =>
      codeOfRejection(create('random', options as never));
    expect(await code(undefined)).toBe('ERR_INVALID_ARG_TYPE');
    expect(await code({})).toBe('ERR_INVALID_ARG_TYPE');
    expect(await code({ size: 0 })).toBe('ERR_OUT_OF_RANGE');
    expect(await code({ size: 1.5 })).toBe('ERR_OUT_OF_RANGE');
    expect(await code({ size: 1, mode: 0o1000 })).toBe('ERR_OUT_OF_RANGE');
    expect(await code({ size: 1, hugePages: '4MiB' })).toMatch(/^ERR_/);
    expect(await codeOfRejection(create('other' as never, { size: 1 }))).toBe(
      'ERR_INVALID_ARG_TYPE',
    );
  });
});

test.each(creators)('%s: EEXIST', async (_name, create) => {
  const { key } = temporarySegment();
  const error = await rejectionOf(create(key, { size: 1 }));
  expect(error).toMatchObject({ code: 'EEXIST', syscall: 'shmget', key });
});

describe.each([...openers, ...openersOrCreators])('%s where there is one', (name, open) => {
  test('finds it', async () => {
    const made = temporarySegment({ size: 100, mode: 0o640 });
    const segment = adoptSegment(await open(made.key, { size: 50 }));
    expect([segment.id, segment.key, segment.size]).toEqual([made.id, made.key, 100]);
    if (name.startsWith('openOr')) {
      const error = await rejectionOf(open(made.key, { size: 101 }));
      expect(error).toMatchObject({ code: 'EINVAL', syscall: 'shmget', key: made.key });
      expect(error.message).toContain('the segment has 100 bytes, fewer than 101');
    }
  });
});

test.each(openers)('%s: ENOENT, and what can name no segment', async (_name, open) => {
  const key = randomKey();
  expect(await rejectionOf(open(key))).toMatchObject({ code: 'ENOENT', syscall: 'shmget', key });
  expect(await codeOfRejection(open(sysv.IPC_PRIVATE))).toBe('ERR_OUT_OF_RANGE');
  expect(await codeOfRejection(open('random' as never))).toBe('ERR_INVALID_ARG_TYPE');
});

test('fromId', async () => {
  const made = temporarySegment({ size: 10 });
  const segment = await SharedMemory.fromId(made.id);
  expect([segment.id, segment.key, segment.size]).toEqual([made.id, made.key, 10]);
  made.removeSync();
  expect(codeThrownBy(() => SharedMemory.fromIdSync(made.id))).toBe('EINVAL');
  expect(await codeOfRejection(SharedMemory.fromId(-1))).toBe('ERR_OUT_OF_RANGE');
});

describe.each(attachForms)('%s', (_name, attach) => {
  test('gives a mapping of the whole segment; all show the same memory', async () => {
    const segment = temporarySegment({ size: 5000 });
    const one = adoptAttached(await attach(segment));
    const other = adoptAttached(await attach(segment));
    expect(one).toBeInstanceOf(memory.Mapping);
    expect([one.length, one.buffer.byteLength, one.access]).toEqual([5000, 5000, 'write']);
    Atomics.add(one.view(Int32Array, 4), 0, 7);
    expect(other.view(Int32Array)[1]).toBe(7);
    other.write('at the end', 4990);
    expect(one.bytes.toString('utf8', 4990)).toBe('at the end');
    expect(segment.statSync().attachments).toBe(2);
  });

  test('readOnly: no view, and copies that see the changes of others', async () => {
    const segment = temporarySegment();
    const writer = adoptAttached(await attach(segment));
    const reader = adoptAttached(await attach(segment, { readOnly: true }));
    expect(reader.access).toBe('read');
    expect(codeThrownBy(() => reader.buffer)).toBe('EACCES');
    expect(codeThrownBy(() => reader.bytes)).toBe('EACCES');
    expect(codeThrownBy(() => reader.write('x'))).toBe('EFAULT');
    expect(
      codeThrownBy(() => {
        reader.protectSync('write');
      }),
    ).toBe('EACCES');
    writer.write('seen', 10);
    expect(reader.read(10, 4).toString()).toBe('seen');
    const into = Buffer.alloc(4);
    reader.readInto(into, 10);
    expect(into.toString()).toBe('seen');
  });

  test('closing detaches, and empties the views', async () => {
    const segment = temporarySegment();
    const mapping = adoptAttached(await attach(segment));
    const { bytes } = mapping;
    expect(segment.statSync().attachments).toBe(1);
    mapping.close();
    expect([bytes.length, bytes[0]]).toEqual([0, undefined]);
    await waitUntil('it is detached', () => segment.statSync().attachments === 0);
    const unviewed = adoptAttached(await attach(segment));
    unviewed.close();
    expect(segment.statSync().attachments).toBe(0);
  });

  test('what a segment cannot do', async () => {
    const segment = temporarySegment();
    const mapping = adoptAttached(await attach(segment));
    expect(
      codeThrownBy(() => {
        mapping.resizeSync(8192);
      }),
    ).toBe('EINVAL');
    mapping.protectSync('read');
    expect(codeThrownBy(() => mapping.buffer)).toBe('EACCES');
    mapping.protectSync('write');
    mapping.view(Uint8Array)[0] = 1;
    expect(mapping.read(0, 1)[0]).toBe(1);
    segment.removeSync();
    mapping.close();
    await untilGone(segment);
    const error = await rejectionOf(attach(segment));
    expect(error).toMatchObject({ code: 'EINVAL', syscall: 'shmat', id: segment.id });
  });

  test('wrong arguments', async () => {
    const segment = temporarySegment();
    expect(await codeOfRejection(attach(segment, { readOnly: 1 as never }))).toBe(
      'ERR_INVALID_ARG_TYPE',
    );
    segment.close();
    expect(await codeOfRejection(attach(segment))).toBe('ERR_CLOSED');
  });
});

describe('a removed segment', () => {
  test('goes with its last attachment, and can be attached until then', async () => {
    const segment = temporarySegment();
    const first = adoptAttached(segment.attachSync());
    first.write('kept');
    await segment.remove();
    expect(segment.statSync()).toMatchObject({ removed: true, key: 0, attachments: 1 });
    expect(codeThrownBy(() => SharedMemory.openSync(segment.key))).toBe('ENOENT');
    const second = adoptAttached(SharedMemory.fromIdSync(segment.id).attachSync());
    first.close();
    expect(second.read(0, 4).toString()).toBe('kept');
    segment.removeSync(); // again: nothing happens while it is attached
    second.close();
    await untilGone(segment);
    expect(await codeOfRejection(segment.remove())).toBe('EINVAL');
  });

  test('goes when the process that had it attached is killed', async () => {
    const segment = temporarySegment();
    const peer = startNode('hold-segment', [String(segment.id)]);
    expect(await peer.line()).toBe('attached');
    segment.removeSync();
    expect(segment.statSync().lastPid).toBe(peer.pid);
    peer.kill('SIGKILL');
    await untilGone(segment);
  });
});

describe('the object', () => {
  test('stat', async () => {
    const before = Math.floor(Date.now() / 1000) - 1;
    const segment = temporarySegment({ size: 100 });
    const { changedAt, ...status } = await segment.stat();
    const [uid, gid] = [process.getuid?.(), process.getgid?.()];
    const { id, key } = segment;
    expect(status).toEqual({
      ...{ id, key, mode: 0o600, uid, gid, cuid: uid, cgid: gid, size: 100, attachments: 0 },
      ...{ removed: false, locked: false, creatorPid: process.pid, lastPid: 0 },
      ...{ attachedAt: undefined, detachedAt: undefined },
    });
    expect(changedAt.getTime() / 1000).toBeGreaterThanOrEqual(before);
    segment.attachSync().close();
    const { attachedAt, detachedAt, lastPid } = segment.statSync();
    expect(lastPid).toBe(process.pid);
    expect((attachedAt?.getTime() ?? 0) / 1000).toBeGreaterThanOrEqual(before);
    expect((detachedAt?.getTime() ?? 0) / 1000).toBeGreaterThanOrEqual(before);
  });

  test('set', async () => {
    const segment = temporarySegment();
    await segment.set({ mode: 0o444 });
    expect(segment.statSync().mode).toBe(0o444);
    segment.setSync({ mode: 0o600 });
    expect(segment.statSync().mode).toBe(0o600);
    expect(await codeOfRejection(segment.set({ mode: -1 }))).toBe('ERR_OUT_OF_RANGE');
    expect(await codeOfRejection(segment.set(null as never))).toBe('ERR_INVALID_ARG_TYPE');
  });

  testIf(isRoot, 'not root')('set changes the owner', () => {
    const segment = temporarySegment();
    segment.setSync({ uid: nobody, gid: nobody });
    expect(segment.statSync()).toMatchObject({ uid: nobody, gid: nobody, cuid: 0, cgid: 0 });
  });

  testIf(isRoot, 'not root')('lock and unlock', async () => {
    const segment = temporarySegment();
    await segment.lock();
    expect(segment.statSync().locked).toBe(true);
    await segment.unlock();
    expect(segment.statSync().locked).toBe(false);
    segment.lockSync();
    expect(segment.statSync()).toMatchObject({ locked: true, mode: 0o600 });
    segment.unlockSync();
    expect(segment.statSync().locked).toBe(false);
  });

  testIf(isRoot, 'not root')('another user may do with it what its mode says', async () => {
    const segment = temporarySegment({ mode: 0o604 });
    const peer = startNode('as-nobody', ['attach-segment', String(segment.key)]);
    expect(await peer.json()).toMatchObject([
      { code: 'EACCES', syscall: 'shmat' },
      { code: 'none' },
      {
        ...{ code: 'EPERM', syscall: 'shmctl' },
        message: expect.stringContaining('only its owner') as string,
      },
    ]);
  });

  test('close leaves the segment and the mappings', async () => {
    const segment = temporarySegment();
    const mapping = adoptAttached(segment.attachSync());
    segment.close();
    segment.close();
    expect(segment.closed).toBe(true);
    expect(thrownBy(() => segment.statSync())).toBeInstanceOf(ClosedError);
    expect(await codeOfRejection(segment.lock())).toBe('ERR_CLOSED');
    mapping.view(Uint8Array)[0] = 5;
    {
      using opened = SharedMemory.openSync(segment.key);
      using reader = opened.attachSync({ readOnly: true });
      expect(reader.read(0, 1)[0]).toBe(5);
    }
    const kept = SharedMemory.openSync(segment.key);
    {
      await using opened = kept;
      expect(opened.closed).toBe(false);
    }
    expect(kept.closed).toBe(true);
    segment.removeSync();
  });
});

test('huge pages, or the way to have them', () => {
  try {
    const segment = adoptSegment(
      SharedMemory.createSync('random', { size: 2 ** 21, hugePages: '2MiB' }),
    );
    const mapping = adoptAttached(segment.attachSync());
    mapping.view(Uint8Array)[2 ** 21 - 1] = 1;
    expect(mapping.length).toBe(2 ** 21);
  } catch (error) {
    const { code, message } = error as SystemError;
    expect(code).toMatch(/ENOMEM|EPERM|EINVAL|ENOSYS/);
    if (code === 'ENOMEM') expect(message).toContain('vm.nr_hugepages');
    if (code === 'EPERM') expect(message).toContain('vm.hugetlb_shm_group');
  }
});
