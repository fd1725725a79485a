/** Rows of sem_init and sem_destroy: semaphores in a mapping. */

import { type memory, posix } from 'posix-ipc';
import { SEM_VALUE_MAX, sem_destroy, sem_getvalue, sem_init, sem_wait } from 'posix-ipc/syscalls';

import { anonymous } from '../support/mappings';
import { shared } from '../support/shared-memory';
import { inOther } from './elsewhere';
import { absent, different, type Row } from './row';
import { adoptHandle, withValue } from './semaphores';

const { Semaphore } = posix;

function initialised(value: number, pshared = 1): number {
  return adoptHandle(sem_init(anonymous(4096), 0, pshared, value));
}

const opened = new Set<posix.Semaphore>();

afterEach(() => {
  for (const semaphore of opened) semaphore.close();
  opened.clear();
});

function objectAt(value: number, mapping = anonymous(4096)): posix.Semaphore {
  const semaphore = Semaphore.at(mapping, 0, { value });
  opened.add(semaphore);
  return semaphore;
}

/** A semaphore in shared memory; another process posts it. */
async function postedByOther<S>(
  make: (mapping: memory.Mapping) => S,
  wait: (semaphore: S) => unknown,
): Promise<void> {
  const { mapping, name } = shared(4096);
  const semaphore = make(mapping);
  await inOther('semaphore-post-at', name);
  await wait(semaphore);
}

const ofProcesses = 'the class makes semaphores that processes share';

export const semInitRows: Row[] = [
  {
    id: 'sem_init',
    what: 'a semaphore with its value',
    expected: '5',
    c: 'sem_init-value',
    sync: () => sem_getvalue(initialised(5)),
    promise: () => objectAt(5).value,
  },
  {
    id: 'sem_init',
    what: 'one for the threads of a process',
    expected: 'done, value 0',
    c: 'sem_init-of-threads',
    sync: () => {
      const handle = initialised(1, 0);
      return withValue(handle, () => {
        sem_wait(handle);
      });
    },
    promise: absent(ofProcesses),
  },
  {
    id: 'sem_init',
    what: 'another process posts it',
    expected: 'done',
    c: 'sem_init-of-processes',
    sync: () => postedByOther((mapping) => adoptHandle(sem_init(mapping, 0, 1, 0)), sem_wait),
    promise: () =>
      postedByOther(
        (mapping) => objectAt(0, mapping),
        (semaphore) => semaphore.wait(),
      ),
  },
  {
    id: 'sem_init',
    what: 'the largest value',
    expected: 'done',
    c: 'sem_init-largest',
    sync: () => {
      initialised(SEM_VALUE_MAX);
    },
    promise: () => {
      objectAt(SEM_VALUE_MAX);
    },
  },
  {
    id: 'sem_init',
    what: 'a value above SEM_VALUE_MAX',
    expected: 'EINVAL',
    c: 'sem_init-too-high',
    sync: () => initialised(SEM_VALUE_MAX + 1),
    promise: different('ERR_OUT_OF_RANGE', 'values are checked before the call', () =>
      objectAt(SEM_VALUE_MAX + 1),
    ),
  },
];

export const semDestroyRows: Row[] = [
  {
    id: 'sem_destroy',
    what: 'a semaphore that was made with sem_init',
    expected: 'done',
    c: 'sem_destroy-done',
    sync: () => {
      sem_destroy(sem_init(anonymous(4096), 0, 1, 0));
    },
    promise: absent('such a semaphore ends with its memory'),
  },
  {
    id: 'sem_destroy',
    what: 'made again in the same place',
    expected: '4',
    c: 'sem_destroy-anew',
    sync: () => {
      const mapping = anonymous(4096);
      sem_destroy(sem_init(mapping, 0, 1, 1));
      return sem_getvalue(adoptHandle(sem_init(mapping, 0, 1, 4)));
    },
    promise: () => {
      const mapping = anonymous(4096);
      objectAt(1, mapping).close();
      return objectAt(4, mapping).value;
    },
  },
];
