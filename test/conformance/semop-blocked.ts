/** Rows of semop that block. */

import type { sysv } from 'posix-ipc';
import { GETNCNT, GETVAL, IPC_RMID, semctl, SETVAL } from 'posix-ipc/syscalls';

import { threadsBlockedIn } from '../support/blocked';
import { waitUntil } from '../support/wait-until';
import { acrossSignal, start, whileBlocked, whilePending } from './elsewhere';
import { absent, different, type Row } from './row';
import { operate, setObject } from './sets';

type Pending = (set: sysv.SemaphoreSet) => Promise<void>;
type Happen = (set: sysv.SemaphoreSet, pid: number) => unknown;

interface Blocked {
  c: string;
  expected: string;
  /** The values that the set begins with. */
  digits: string;
  /** The call of the fixture that blocks. */
  call: string;
  pending: Pending;
  happen: Happen;
}

/** Something happens while somebody waits for something. */
function blocked(id: string, what: string, row: Blocked): Row {
  const { c, expected, digits, call, pending, happen } = row;
  return {
    id,
    what: `while the call blocks, ${what}`,
    expected,
    c,
    sync: () => {
      const set = setObject(digits);
      return whileBlocked('semop', set, (pid) => happen(set, pid), call);
    },
    promise: () => {
      const set = setObject(digits);
      return whilePending('semop', set, pending(set), () => happen(set, process.pid));
    },
  };
}

const taking: Pick<Blocked, 'digits' | 'call' | 'pending'> = {
  digits: '0',
  call: 'semop',
  pending: (set) => set.wait(),
};

const waitingForZero: typeof taking = {
  digits: '1',
  call: 'semop-zero',
  pending: (set) => set.waitForZero(),
};

const remove: Happen = ({ id }) => {
  semctl(id, 0, IPC_RMID);
};

const served: Row[] = [
  blocked('semop03', 'the set is removed that something is to be taken from', {
    c: 'semop-take-removed',
    expected: 'EIDRM',
    ...taking,
    happen: remove,
  }),
  blocked('semop03', 'the set is removed that is to become 0', {
    c: 'semop-zero-removed',
    expected: 'EIDRM',
    ...waitingForZero,
    happen: remove,
  }),
  blocked('own', 'what it waits for is given', {
    c: 'semop-take-goes-on',
    expected: 'done',
    ...taking,
    happen: ({ id }) => operate(id, [0, 1]),
  }),
  blocked('own', 'the value becomes 0', {
    c: 'semop-zero-goes-on',
    expected: 'done',
    ...waitingForZero,
    happen: ({ id }) => operate(id, [0, -1]),
  }),
  blocked('semctl07', 'SETVAL gives what it waits for', {
    c: 'semop-set-goes-on',
    expected: 'done',
    ...taking,
    happen: ({ id }) => {
      semctl(id, 0, SETVAL, 1);
    },
  }),
];

const restarts = 'Node sets SA_RESTART on all its handlers';

function interrupted(what: string, c: string): Row {
  const column = absent(restarts);
  return { id: 'semop03', what, expected: 'EINTR', c, sync: column, promise: column };
}

const signals: Row[] = [
  interrupted('a handler without SA_RESTART runs while it waits to take', 'semop-take-interrupted'),
  interrupted('a handler without SA_RESTART runs while it waits for 0', 'semop-zero-interrupted'),
  {
    id: 'semop03',
    what: 'a handler with SA_RESTART runs while the call blocks',
    expected: 'EINTR',
    c: 'semop-interrupted-restart',
    sync: () => whileBlocked('semop', setObject(), (pid) => process.kill(pid, 'SIGUSR2')),
    promise: different('signal, then done', 'the class goes on waiting', () => {
      const set = setObject();
      return acrossSignal('semop', 'set-wait', set, () => operate(set.id, [0, 1]));
    }),
  },
];

/** One is given, which changes nothing; then the other. */
async function giveBoth(set: sysv.SemaphoreSet): Promise<number> {
  operate(set.id, [0, 1]);
  await waitUntil('it waits for the other', () => semctl(set.id, 1, GETNCNT) === 1);
  const left = semctl(set.id, 0, GETVAL);
  operate(set.id, [1, 1]);
  return left;
}

/** Two wait, the first one for more than is given. */
async function giveOne(set: sysv.SemaphoreSet, small: () => Promise<string>): Promise<string> {
  const large = start('semop-two', set);
  await waitUntil('the large one waits', () => threadsBlockedIn('semop', large.pid, set.id) === 1);
  const answer = await small();
  operate(set.id, [0, 2]);
  await large.success();
  return answer;
}

const several: Row[] = [
  {
    id: 'own',
    what: 'one of two is given: nothing is taken until both are',
    expected: '1 then done',
    c: 'semop-both-go-on',
    sync: async () => {
      const set = setObject('00');
      let left = 0;
      const happen = async (): Promise<void> => {
        left = await giveBoth(set);
      };
      const result = await whileBlocked('semop', set, happen, 'semop-both');
      return `${String(left)} then ${result}`;
    },
    promise: async () => {
      const set = setObject('00');
      let left = 0;
      const pending = set.operate([{ by: -1 }, { index: 1, by: -1 }]);
      await whilePending('semop', set, pending, async () => {
        left = await giveBoth(set);
      });
      return `${String(left)} then done`;
    },
  },
  {
    id: 'SemOpBestFitExecution',
    what: 'one is given: who waits for one goes on, not who came first and waits for two',
    expected: 'done',
    c: 'semop-best-fit',
    sync: () => {
      const set = setObject();
      return giveOne(set, () => whileBlocked('semop', set, () => operate(set.id, [0, 1])));
    },
    promise: () => {
      const set = setObject();
      return giveOne(set, async () => {
        await whilePending('semop', set, set.wait(), () => operate(set.id, [0, 1]));
        return 'done';
      });
    },
  },
];

export const semopBlockedRows: Row[] = [...served, ...signals, ...several];
