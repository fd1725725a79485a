import path from 'node:path';

import { SystemError, sysv } from 'posix-ipc';
import {
  IPC_CREAT,
  IPC_EXCL,
  IPC_SET,
  IPC_STAT,
  SETALL,
  SETVAL,
  semctl,
  semget,
  semop,
} from 'posix-ipc/syscalls';

import { ownNamespace } from '../conformance/needs';
import { isRoot, testIf } from '../support/machine';
import { mayUnshare, startInPidNamespace } from '../support/own-namespace';
import { codeOfRejection, codeThrownBy, rejectionOf } from '../support/outcome';
import { Peer, startNode } from '../support/processes';
import { randomKey } from '../support/random-key';
import { adoptSet, adoptSetId, temporarySet } from '../support/semaphore-sets';
import { soon } from '../support/wait-until';

const { SemaphoreSet } = sysv;

const openOrCreateProgram = path.resolve(
  __dirname,
  '../../dist-programs/test/fixtures/open-or-create-set.js',
);

type Made = Promise<sysv.SemaphoreSet>;

function later(call: () => sysv.SemaphoreSet): Made {
  return Promise.resolve().then(call);
}

const creators: [string, (key: sysv.Key, options?: sysv.SemaphoreCreateOptions) => Made][] = [
  ['create', (key, options) => SemaphoreSet.create(key, options)],
  ['createSync', (key, options) => later(() => SemaphoreSet.createSync(key, options))],
];
const openers: [string, (key: number, options?: sysv.SemaphoreOpenOptions) => Made][] = [
  ['open', (key, options) => SemaphoreSet.open(key, options)],
  ['openSync', (key, options) => later(() => SemaphoreSet.openSync(key, options))],
];
const openersOrCreators: [
  string,
  (key: sysv.Key, options?: sysv.SemaphoreOpenOrCreateOptions) => Made,
][] = [
  ['openOrCreate', (key, options) => SemaphoreSet.openOrCreate(key, options)],
  ['openOrCreateSync', (key, options) => later(() => SemaphoreSet.openOrCreateSync(key, options))],
];

/** What a maker leaves that dies before it has initialised the set. */
function uninitialisedSet(count = 1): { id: number; key: number } {
  const key = randomKey();
  return { id: adoptSetId(semget(key, count, IPC_CREAT | IPC_EXCL | 0o600)), key };
}

describe.each(creators)('%s', (_name, create) => {
  test('makes one semaphore of value 0 and mode 0600', async () => {
    const key = randomKey();
    const set = adoptSet(await create(key));
    expect(set).toBeInstanceOf(SemaphoreSet);
    expect([set.key, set.count, set.closed]).toEqual([key, 1, false]);
    expect(set.statSync()).toMatchObject({ id: set.id, key, mode: 0o600, count: 1 });
    expect(set.valuesSync()).toEqual([0]);
  });

  test.each<[sysv.SemaphoreCreateOptions, number[]]>([
    [{ count: 3 }, [0, 0, 0]],
    [{ count: 3, value: 7 }, [7, 7, 7]],
    [{ value: 32_767 }, [32_767]],
    [{ values: [1, 0, 3] }, [1, 0, 3]],
    [{ values: new Set([0, 5]), count: 2 }, [0, 5]],
  ])('%j', async (options, values) => {
    const set = adoptSet(await create('random', options));
    expect(set.count).toBe(values.length);
    expect(set.valuesSync()).toEqual(values);
    expect(set.statSync().operatedAt).toBeInstanceOf(Date);
  });

  test.each([0, 0o200, 0o400, 0o466, 0o640, 0o666, 0o777])(
    'the mode is exact, whatever the umask: %i',
    async (mode) => {
      const before = process.umask(0o077);
      try {
        const set = adoptSet(await create('random', { mode, value: 2 }));
        if (isRoot || (mode & 0o400) !== 0) expect(set.statSync().mode).toBe(mode);
      } finally {
        process.umask(before);
      }
    },
  );

  test('EEXIST, EINVAL with the limit', async () => {
    const { key } = temporarySet();
    const error = await rejectionOf(create(key));
    expect(error).toBeInstanceOf(SystemError);
    expect(error).toMatchObject({ code: 'EEXIST', syscall: 'semget', key });
    const tooMany = await rejectionOf(create(randomKey(), { count: 65_536 }));
    expect(tooMany).toMatchObject({ code: 'EINVAL', syscall: 'semget' });
    expect(tooMany.message).toMatch(/65536 semaphores are more than SEMMSL = \d+; .*kernel\.sem=/);
  });

  test("'random' and IPC_PRIVATE", async () => {
    const random = adoptSet(await create('random'));
    expect(random.key).toBeGreaterThan(0);
    expect(SemaphoreSet.openSync(random.key).id).toBe(random.id);
    const secret = adoptSet(await create(sysv.IPC_PRIVATE));
    expect(secret.key).toBe(0);
    expect(SemaphoreSet.fromIdSync(secret.id).count).toBe(1);
  });

  test('wrong arguments make no set', async () => {
    const key = randomKey();
    const code = (options: unknown): Promise<string> =>
      codeOfRejection(create(key, options as never));
    expect(await code(5)).toBe('ERR_INVALID_ARG_TYPE');
    expect(await code({ mode: 0o1000 })).toBe('ERR_OUT_OF_RANGE');
    expect(await code({ count: 0 })).toBe('ERR_OUT_OF_RANGE');
    expect(await code({ count: 1.5 })).toBe('ERR_OUT_OF_RANGE');
    expect(await code({ value: 32_768 })).toBe('ERR_OUT_OF_RANGE');
    expect(await code({ value: -1 })).toBe('ERR_OUT_OF_RANGE');
    expect(await code({ values: [] })).toBe('ERR_OUT_OF_RANGE');
    expect(await code({ values: [1, 2], count: 3 })).toBe('ERR_OUT_OF_RANGE');
    expect(await code({ values: [1], value: 1 })).toBe('ERR_OUT_OF_RANGE');
    expect(await code({ values: 'x' })).toBe('ERR_INVALID_ARG_TYPE');
    expect(await code({ values: ['x'] })).toBe('ERR_INVALID_ARG_TYPE');
    expect(codeThrownBy(() => SemaphoreSet.openSync(key))).toBe('ENOENT');
    expect(await codeOfRejection(create('other' as never))).toBe('ERR_INVALID_ARG_TYPE');
    expect(await codeOfRejection(create(2 ** 32))).toBe('ERR_OUT_OF_RANGE');
  });
});

describe.each([...openers, ...openersOrCreators])('%s of a set that is there', (name, open) => {
  test('finds it, with its values', async () => {
    const made = temporarySet({ values: [4, 0, 9], mode: 0o640 });
    const set = adoptSet(await open(made.key));
    expect([set.id, set.key, set.count]).toEqual([made.id, made.key, 3]);
    expect(set.valuesSync()).toEqual([4, 0, 9]);
  });

  test('waits until its maker has operated', async () => {
    const { id, key } = uninitialisedSet();
    const opening = open(key, { timeout: 20_000 });
    if (name.endsWith('Sync')) startNode('initialise-set', [String(id), 'operate']);
    else semop(id, [{ sem_num: 0, sem_op: 1, sem_flg: 0 }], 1);
    const set = adoptSet(await soon('the set', opening));
    expect(set.valueSync()).toBe(1);
  });

  test('takes a set whose values were all set, as C programs do', async () => {
    const { id, key } = uninitialisedSet(2);
    semctl(id, 0, SETVAL, 5);
    expect(await codeOfRejection(open(key, { timeout: 5 }))).toBe('ETIMEDOUT');
    semctl(id, 1, SETVAL, 0);
    expect(adoptSet(await open(key)).valuesSync()).toEqual([5, 0]);
  });

  test('tells when its maker has died', async () => {
    const { id, key } = uninitialisedSet();
    const begin = performance.now();
    const error = await rejectionOf(open(key, { timeout: 30 }));
    expect(performance.now() - begin).toBeGreaterThanOrEqual(30);
    expect(error).toMatchObject({ code: 'ETIMEDOUT', syscall: 'semget', key, id });
    expect(error.message).toContain('nobody has initialised it');
    expect(adoptSet(await open(key, { uninitialised: true })).valueSync()).toBe(0);
  });

  test('a timeout of 0 looks once', async () => {
    const made = temporarySet();
    expect(adoptSet(await open(made.key, { timeout: 0 })).id).toBe(made.id);
    const { key } = uninitialisedSet();
    expect(await codeOfRejection(open(key, { timeout: 0 }))).toBe('ETIMEDOUT');
  });

  test('wrong arguments', async () => {
    const { key } = temporarySet();
    expect(await codeOfRejection(open(key, { timeout: -1 }))).toBe('ERR_OUT_OF_RANGE');
    expect(await codeOfRejection(open(key, { uninitialised: 1 as never }))).toBe(
      'ERR_INVALID_ARG_TYPE',
    );
    expect(await codeOfRejection(open('key' as never))).toBe('ERR_INVALID_ARG_TYPE');
  });
});

testIf(isRoot, 'not root')('another user that may not read a set cannot open it', async () => {
  const made = temporarySet({ mode: 0o600 });
  for (const how of ['open-set', 'open-or-create-set']) {
    const error = (await startNode('as-nobody', [how, String(made.key)]).json()) as Error;
    expect(error).toMatchObject({ code: 'EACCES', syscall: 'semctl', id: made.id });
    expect(error.message).toContain('permission to read');
  }
});

describe.each(openers)('%s', (_name, open) => {
  test('ENOENT where there is none', async () => {
    const key = randomKey();
    const error = await rejectionOf(open(key));
    expect(error).toMatchObject({ code: 'ENOENT', syscall: 'semget', key });
  });

  test('refuses what can name no set', async () => {
    expect(await codeOfRejection(open(sysv.IPC_PRIVATE))).toBe('ERR_OUT_OF_RANGE');
    expect(await codeOfRejection(open('random' as never))).toBe('ERR_INVALID_ARG_TYPE');
  });
});

test('open notices that the set which it waits for is removed', async () => {
  const { id, key } = uninitialisedSet();
  const opening = codeOfRejection(SemaphoreSet.open(key, { timeout: 20_000 }));
  semctl(id, 0, 0);
  expect(await soon('the answer', opening)).toBe('ENOENT');
});

describe.each(openersOrCreators)('%s', (_name, openOrCreate) => {
  test('makes the set, then finds it, with the options of the first', async () => {
    const key = randomKey();
    const first = adoptSet(await openOrCreate(key, { values: [1, 2], mode: 0o640 }));
    const second = adoptSet(await openOrCreate(key, { count: 2, value: 9, mode: 0o600 }));
    expect(second.id).toBe(first.id);
    expect(second.valuesSync()).toEqual([1, 2]);
    expect(second.statSync().mode).toBe(0o640);
  });

  test('refuses a set with too few semaphores', async () => {
    const { key } = temporarySet({ count: 2 });
    const error = await rejectionOf(openOrCreate(key, { count: 3 }));
    expect(error).toMatchObject({ code: 'EINVAL', syscall: 'semget' });
    expect(error.message).toContain('has 2 semaphores, fewer than 3');
  });

  test("'random' and IPC_PRIVATE always make one", async () => {
    for (const key of ['random', sysv.IPC_PRIVATE] as const) {
      const sets = [await openOrCreate(key), await openOrCreate(key)].map(adoptSet);
      expect(sets[0]?.id).not.toBe(sets[1]?.id);
    }
  });
});

test('of many processes that open or create, each sees the values that one has set', async () => {
  for (let round = 0; round < 3; round++) {
    const key = randomKey();
    const peers = Array.from({ length: 6 }, () => startNode('open-or-create-set', [String(key)]));
    for (const peer of peers) expect(await peer.line()).toBe('ready');
    for (const peer of peers) peer.tell('go');
    const answers = (await Promise.all(peers.map((peer) => peer.json()))) as {
      id: number;
      values: number[];
    }[];
    adoptSetId(answers[0]?.id ?? -1);
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    for (const { values } of answers) expect(values).toEqual([3, 1, 4]);
  }
});

testIf(mayUnshare, 'unshare is not allowed')(
  'values that were set in another PID namespace were set',
  async () => {
    const { id, key } = uninitialisedSet(3);
    semctl(id, 0, SETALL, [1, 2, 1]);
    const peer = startInPidNamespace(process.execPath, [openOrCreateProgram, String(key)]);
    expect(await peer.line()).toBe('ready');
    peer.tell('go');
    expect(await peer.json()).toEqual({ id, values: [1, 2, 1] });
  },
);

describe('fromId', () => {
  test('uses the set of an identifier as it is', async () => {
    const { id, key } = uninitialisedSet(2);
    const set = adoptSet(await SemaphoreSet.fromId(id));
    expect([set.id, set.key, set.count]).toEqual([id, key, 2]);
    set.removeSync();
    expect(codeThrownBy(() => SemaphoreSet.fromIdSync(id))).toBe('EINVAL');
    expect(await codeOfRejection(SemaphoreSet.fromId(-1))).toBe('ERR_OUT_OF_RANGE');
  });
});

test('a creator that cannot initialise leaves no set', () => {
  // The mode is set last, and only where the maker itself could not read or write otherwise.
  const set = temporarySet({ mode: 0o004 });
  const { sem_perm } = semctl(set.id, 0, IPC_STAT);
  expect(sem_perm.mode).toBe(0o004);
  semctl(set.id, 0, IPC_SET, { sem_perm: { ...sem_perm, mode: 0o600 } });
  expect(set.statSync().mode).toBe(0o600);
});

// In a namespace of its own: the limit holds for everything that runs on the machine.
testIf(ownNamespace.isMet, ownNamespace.reason)(
  'ENOSPC names the limits of kernel.sem and how they are raised',
  async () => {
    const program = path.resolve(__dirname, '../../dist-programs/test/fixtures/no-more-sets.js');
    const peer = new Peer('unshare', ['--ipc', process.execPath, program]);
    for (const error of (await peer.json()) as Error[]) {
      expect(error).toMatchObject({ code: 'ENOSPC', syscall: 'semget' });
      expect(error.message).toContain('SEMMNI = 1 sets (there are 1)');
      expect(error.message).toContain('sysctl -w kernel.sem=');
    }
  },
);
