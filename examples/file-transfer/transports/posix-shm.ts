/** POSIX shared memory: shm_open(3), with unnamed semaphores in it: sem_init(3). */
import { posix } from 'posix-ipc';
import { BUFFERS_SIZE, BufferedEnd, INITIAL_VALUES, type SharedObjects } from './buffered-end';
import { removeQuietly } from './remove-quietly';
import { type Transport, offerOf } from './transport';
import { uniqueName } from './unique-name';

/** `sizeof(sem_t)`. The four of them come first, as in c/posix-shm.c, and then the buffers. */
const SEMAPHORE_SIZE = 32;
const BUFFERS = INITIAL_VALUES.length * SEMAPHORE_SIZE;

function objectsIn(memory: posix.SharedMemory, semaphores: posix.Semaphore[]): SharedObjects {
  return {
    mapping: memory.mapping,
    offset: BUFFERS,
    semaphores,
    close() {
      for (const semaphore of semaphores) semaphore.close();
      memory.close();
    },
  };
}

function remove(name: string): Promise<void> {
  return removeQuietly(() => posix.SharedMemory.unlink(name));
}

export const posixSharedMemory: Transport = {
  id: 'posix-shm',
  name: 'POSIX shared memory',
  peers: ['node', 'c'],
  remove,

  async create() {
    const name = `/${uniqueName()}`;
    const memory = await posix.SharedMemory.create(name, { size: BUFFERS + BUFFERS_SIZE });
    const semaphores = INITIAL_VALUES.map((value, index) =>
      posix.Semaphore.at(memory.mapping, index * SEMAPHORE_SIZE, { value }),
    );
    return offerOf(name, new BufferedEnd('sender', objectsIn(memory, semaphores)));
  },

  async open(name) {
    const memory = await posix.SharedMemory.open(name);
    // Both ends have it now: without its name it goes when they go, even if both are killed.
    await remove(name);
    const semaphores = INITIAL_VALUES.map((_value, index) =>
      posix.Semaphore.at(memory.mapping, index * SEMAPHORE_SIZE),
    );
    return new BufferedEnd('receiver', objectsIn(memory, semaphores));
  },
};
