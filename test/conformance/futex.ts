/** Rows of futex(2): `waitSync` and `wait` of the class, and `wake`. No suite has them in this form. */

import { event, posix } from 'posix-ipc';

import { untilBlockedIn, type BlockingCall } from '../support/blocked';
import { anonymous } from '../support/mappings';
import type { Peer } from '../support/processes';
import { adoptShared } from '../support/shared-memory';
import { soon } from '../support/wait-until';
import { start } from './elsewhere';
import { PAGE, unusedObject } from './files';
import { orEagain } from './result';
import { absent, different, type Row } from './row';

const sharedWords = 'the word is looked at before the call';
const isNoPlace = 'a word lies in a mapping';

/** A word of 0 in memory that other processes reach. */
interface Word {
  key: string;
  id: number;
  memory: posix.SharedMemory;
  futex: event.Futex;
}

function sharedWord(): Word {
  const name = unusedObject();
  const memory = adoptShared(posix.SharedMemory.createSync(name.key, { size: PAGE }));
  return { ...name, memory, futex: new event.Futex(memory.mapping) };
}

/** A form of waiting: the call of the fixture, and how it sleeps. */
interface Form {
  call: 'futex-wait-sync' | 'futex-wait';
  sleeps: BlockingCall;
}

const blocking: Form = { call: 'futex-wait-sync', sleeps: 'futex' };
const pending: Form = { call: 'futex-wait', sleeps: 'futex_waitv' };

async function waiter({ call, sleeps }: Form, word: Word): Promise<Peer> {
  const peer = start(call, word);
  await untilBlockedIn(sleeps, peer.pid, sleeps === 'futex' ? word.id : undefined);
  return peer;
}

async function waiters(form: Form, word: Word): Promise<[Peer, Peer]> {
  return [await waiter(form, word), await waiter(form, word)];
}

/** The same with both forms. */
function both(
  what: string,
  expected: string,
  c: string,
  run: (word: Word, form: Form) => unknown,
): Row {
  return {
    id: 'own',
    what,
    expected,
    c,
    sync: () => run(sharedWord(), blocking),
    promise: () => run(sharedWord(), pending),
  };
}

const waits: Row[] = [
  {
    id: 'own',
    what: 'the word does not hold the value',
    expected: 'EAGAIN',
    c: 'futex-not-equal',
    sync: () => orEagain(sharedWord().futex.waitSync(1) === 'ok'),
    promise: async () => orEagain((await sharedWord().futex.wait(1)) === 'ok'),
  },
  {
    id: 'own',
    what: 'nobody wakes in time',
    expected: 'ETIMEDOUT',
    c: 'futex-expires',
    sync: () => sharedWord().futex.waitSync(0, { timeout: 10 }),
    promise: () => sharedWord().futex.wait(0, { timeout: 10 }),
  },
  {
    id: 'own',
    what: 'no time',
    expected: 'ETIMEDOUT',
    c: 'futex-at-once',
    sync: () => sharedWord().futex.waitSync(0, { timeout: 0 }),
    promise: () => sharedWord().futex.wait(0, { timeout: 0 }),
  },
  {
    id: 'own',
    what: 'a word that is not aligned',
    expected: 'EINVAL',
    c: 'futex-unaligned',
    sync: different('ERR_OUT_OF_RANGE', sharedWords, () => new event.Futex(anonymous(PAGE), 1)),
    promise: different('ERR_OUT_OF_RANGE', sharedWords, () => new event.Futex(anonymous(PAGE), 1)),
  },
  {
    id: 'own',
    what: 'a word that is no memory',
    expected: 'EFAULT',
    c: 'futex-no-memory',
    sync: different('ERR_INVALID_ARG_TYPE', isNoPlace, () => new event.Futex(PAGE as never)),
    promise: different('ERR_INVALID_ARG_TYPE', isNoPlace, () => new event.Futex(PAGE as never)),
  },
  {
    id: 'own',
    what: 'a handler without SA_RESTART runs while the call blocks',
    expected: 'EINTR',
    c: 'futex-interrupted',
    sync: absent('Node sets SA_RESTART on all its handlers'),
    promise: absent('Node sets SA_RESTART on all its handlers'),
  },
];

const wakes: Row[] = [
  {
    id: 'own',
    what: 'FUTEX_WAKE while nobody waits',
    expected: '0',
    c: 'futex-wakes-none',
    sync: () => sharedWord().futex.wake(),
    promise: () => sharedWord().futex.wake(),
  },
  both('FUTEX_WAKE ends the wait', 'done', 'futex-woken', async (word, form) => {
    const peer = await waiter(form, word);
    word.futex.wake(1);
    return peer.line();
  }),
  both('FUTEX_WAKE of one of two', '1 then 1', 'futex-wakes-one', async (word, form) => {
    const peers = await waiters(form, word);
    const first = word.futex.wake(1);
    const second = word.futex.wake();
    for (const peer of peers) await peer.success();
    return `${String(first)} then ${String(second)}`;
  }),
  both('FUTEX_WAKE of all', '2', 'futex-wakes-all', async (word, form) => {
    const peers = await waiters(form, word);
    const woken = word.futex.wake();
    for (const peer of peers) await peer.success();
    return woken;
  }),
  both(
    'a change of the word wakes nobody',
    '0 then 1',
    'futex-change-alone',
    async (word, form) => {
      const peer = await waiter(form, word);
      Atomics.store(word.memory.mapping.view(Int32Array), 0, 1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      await untilBlockedIn(form.sleeps, peer.pid, form === blocking ? word.id : undefined);
      const woken = word.futex.wake(1);
      await peer.success();
      return `0 then ${String(woken)}`;
    },
  ),
  both('FUTEX_WAKE of another word', '0 then 1', 'futex-other-word', async (word, form) => {
    const peer = await waiter(form, word);
    const other = new event.Futex(word.memory.mapping, 4).wake();
    const woken = word.futex.wake();
    await peer.success();
    return `${String(other)} then ${String(woken)}`;
  }),
  both('who is killed does not wait any more', '0', 'futex-killed', async (word, form) => {
    const peer = await waiter(form, word);
    peer.kill('SIGKILL');
    await soon('its end', peer.ended);
    return word.futex.wake();
  }),
];

export const futexRows: Row[] = [...waits, ...wakes];
