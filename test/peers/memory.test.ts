/** Memory between processes: C makes it and Node attaches it, and the reverse; byte for byte. */

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { memory, posix, sysv } from 'posix-ipc';

import { untilBlockedIn } from '../support/blocked';
import { pattern, temporaryFile } from '../support/files';
import { isSanitized } from '../support/machine';
import { adoptMapping, mapped } from '../support/mappings';
import { codeThrownBy } from '../support/outcome';
import { type Peer, startC, startNode } from '../support/processes';
import { randomKey } from '../support/random-key';
import { adoptSegment, adoptSegmentId, temporarySegment } from '../support/segments';
import { adoptName, adoptShared, shared } from '../support/shared-memory';
import { soon } from '../support/wait-until';

/** Not a whole number of pages. */
const size = 100_001;

type Kind = 'shm' | 'file' | 'fd' | 'sysv';

interface Place {
  kind: Kind;
  where: string | number;
  /** What the peer gets as descriptor 3. */
  fd?: number;
}

async function start({ kind, where, fd }: Place, ...act: (string | number)[]): Promise<Peer> {
  const args = [kind, where, ...act].map(String);
  return startC('memory-peer', args, fd === undefined ? [] : [fd]);
}

async function c(place: Place, ...act: (string | number)[]): Promise<string> {
  return (await (await start(place, ...act)).success()).trim();
}

/** Node made it, C looks at it and changes it. */
async function expectFromNode(place: Place, mapping: memory.Mapping): Promise<void> {
  mapping.bytes.set(pattern(size));
  const bytes = await c(place, 'check', 0);
  expect(bytes).toBe(`same, ${String(size)} bytes`);
  expect(await c(place, 'fill', 77)).toBe('done');
  expectPattern(mapping, 77);
}

/** C made it, Node looks at it and changes it. */
async function expectFromC(place: Place, mapping: memory.Mapping): Promise<void> {
  expect(mapping.length).toBe(size);
  expectPattern(mapping, 0);
  mapping.write(pattern(size, 5));
  expect(await c(place, 'check', 5)).toBe(`same, ${String(size)} bytes`);
}

function expectPattern(mapping: memory.Mapping, from: number): void {
  expect(mapping.bytes.equals(pattern(size, from))).toBe(true);
  expect(mapping.read().equals(pattern(size, from))).toBe(true);
}

describe('POSIX shared memory', () => {
  test('made by Node', async () => {
    const shm = shared(size);
    await expectFromNode({ kind: 'shm', where: shm.name }, shm.mapping);
  });

  test('made by C', async () => {
    const name = adoptName(`/posix-ipc-test-${randomUUID()}`);
    const place: Place = { kind: 'shm', where: name };
    expect(await c(place, 'make', size)).toBe('done');
    await expectFromC(place, adoptShared(await posix.SharedMemory.open(name)).mapping);
    expect(codeThrownBy(() => posix.SharedMemory.createSync(name, { size }))).toBe('EEXIST');
    expect(await c(place, 'make', size)).toBe('error EEXIST');
  });
});

describe('mapped files', () => {
  test('made by Node', async () => {
    const file = temporaryFile(Buffer.alloc(size));
    await expectFromNode({ kind: 'file', where: file }, mapped(file, { access: 'write' }));
  });

  test('made by C; a window of it, too', async () => {
    const file = `${temporaryFile('')}-of-c`;
    const place: Place = { kind: 'file', where: file };
    expect(await c(place, 'make', size)).toBe('done');
    const reader = mapped(file, { offset: 4097, length: 90_001 });
    expect(reader.bytes.equals(pattern(90_001, 4097))).toBe(true);
    await expectFromC(place, mapped(file, { access: 'write' }));
    expect(reader.bytes.equals(pattern(90_001, 4097 + 5))).toBe(true);
    expect(readFileSync(file).equals(pattern(size, 5))).toBe(true);
  });
});

describe('a memfd that is passed', () => {
  test('is the same memory in C', async () => {
    using file = memory.memfdSync('test', { size });
    const mapping = adoptMapping(file.mapSync());
    await expectFromNode({ kind: 'fd', where: 3, fd: file.fd }, mapping);
  });

  test('cannot be cut by C, where it is sealed; and can, where it is not', async () => {
    using file = memory.memfdSync('test', { size });
    using open = memory.memfdSync('test', { size, seals: [] });
    for (const less of [size - 1, 0]) {
      const act = ['cut', less] as const;
      expect(await c({ kind: 'fd', where: 3, fd: file.fd }, ...act)).toBe('error EPERM');
    }
    expect([file.size, file.seals]).toEqual([size, ['shrink']]);
    expect(await c({ kind: 'fd', where: 3, fd: open.fd }, 'cut', 1)).toBe('done');
    expect(open.size).toBe(1);
  });
});

describe('System V shared memory', () => {
  test('made by Node', async () => {
    const segment = temporarySegment({ size });
    const mapping = adoptMapping(segment.attachSync());
    await expectFromNode({ kind: 'sysv', where: segment.id }, mapping);
  });

  test('made by C', async () => {
    const key = randomKey();
    const id = Number(await c({ kind: 'sysv', where: key }, 'make', size));
    adoptSegmentId(id);
    const segment = adoptSegment(await sysv.SharedMemory.open(key));
    expect([segment.id, segment.size]).toEqual([id, size]);
    await expectFromC({ kind: 'sysv', where: id }, adoptMapping(segment.attachSync()));
  });

  test('cannot be cut at all', async () => {
    const segment = temporarySegment({ size });
    expect(await c({ kind: 'sysv', where: segment.id }, 'cut', 0)).toBe('error EBADF');
    expect(adoptMapping(segment.attachSync()).bytes).toHaveLength(size);
  });
});

describe('a peer that cuts POSIX shared memory', () => {
  test('makes copies fail with EFAULT, and ends who touches what is missing', async () => {
    const shm = shared(size);
    const [toucher, copier] = ['view', 'copy'].map((way) =>
      startNode('touch-shared', [shm.name, way]),
    );
    for (const peer of [toucher, copier]) expect(await peer?.line()).toBe('0');
    expect(await c({ kind: 'shm', where: shm.name }, 'cut', 0)).toBe('done');
    for (const peer of [toucher, copier]) peer?.tell('touch');
    // A sanitizer handles the signal, and aborts.
    const signal = isSanitized ? 'SIGABRT' : 'SIGBUS';
    expect(await toucher?.ended).toMatchObject({ signal, stdout: '0\n' });
    expect(await copier?.success()).toBe('0\nEFAULT\n');
    expect(codeThrownBy(() => shm.mapping.read())).toBe('EFAULT');
    expect(codeThrownBy(() => shm.mapping.write('x'))).toBe('EFAULT');
    expect(codeThrownBy(() => posix.SharedMemory.openSync(shm.name))).toBe('EAGAIN');
  });
});

describe('Atomics', () => {
  test('of Node processes and of C count up together', async () => {
    const each = 300_000;
    const shm = shared(4096);
    const args = [shm.name, String(each)];
    const peers = [startNode('atomic-adder', args), startNode('atomic-adder', args)];
    peers.push(await start({ kind: 'shm', where: shm.name }, 'add', each));
    for (const peer of peers) expect(await peer.line()).toBe('ready');
    const words = shm.mapping.view(Int32Array);
    const long = shm.mapping.view(BigInt64Array);
    Atomics.store(long, 1, 2n ** 40n); // beyond 32 bits
    Atomics.store(words, 16, 1);
    for (let i = 0; i < each; i++) {
      Atomics.add(words, 0, 1);
      Atomics.add(long, 1, 1n);
    }
    for (const peer of peers) expect(await peer.success()).toBe('ready\ndone\n');
    expect(Atomics.load(words, 0)).toBe(4 * each);
    expect(Atomics.load(long, 1)).toBe(2n ** 40n + BigInt(4 * each));
  });
});

describe.each(['Node', 'C'] as const)('a semaphore in memory, made by %s', (maker) => {
  const at = 64;

  async function make(): Promise<{ place: Place; semaphore: posix.Semaphore }> {
    const shm = shared(4096);
    const place: Place = { kind: 'shm', where: shm.name };
    if (maker === 'C') expect(await c(place, 'init', at, 1)).toBe('done');
    const options = maker === 'C' ? undefined : { value: 1 };
    const semaphore = posix.Semaphore.at(shm.mapping, at, options);
    expect(semaphore.value).toBe(1);
    semaphore.waitSync();
    return { place, semaphore };
  }

  test('is posted by C, and waited for by Node', async () => {
    const { place, semaphore } = await make();
    const waiting = semaphore.wait();
    await untilBlockedIn('futex', process.pid);
    expect(await c(place, 'post', at, 0)).toBe('done');
    await soon('the wait', waiting);
    const peer = await start(place, 'post', at, 300);
    semaphore.waitSync({ timeout: 30_000 });
    expect(await peer.success()).toBe('done\n');
    expect(await c(place, 'post', at, 0)).toBe('done');
    expect([semaphore.tryWait(), semaphore.tryWait()]).toEqual([true, false]);
    semaphore.close();
  });

  test('is posted by Node, and waited for by C', async () => {
    const { place, semaphore } = await make();
    for (let round = 0; round < 2; round++) {
      const peer = await start(place, 'wait', at);
      await untilBlockedIn('futex', peer.pid);
      semaphore.post();
      expect(await peer.success()).toBe('done\n');
      expect(semaphore.value).toBe(0);
    }
    semaphore.close();
  });
});
