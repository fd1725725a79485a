/** System V shared memory: shmget(2), with a set of semaphores: semget(2). */
import { type memory, sysv } from 'posix-ipc';
import { BUFFERS_SIZE, BufferedEnd, INITIAL_VALUES, type SharedObjects } from './buffered-end';
import { removeQuietly } from './remove-quietly';
import { type Transport, offerOf } from './transport';

function objectsOf(mapping: memory.Mapping, set: sysv.SemaphoreSet): SharedObjects {
  return {
    mapping,
    offset: 0,
    semaphores: INITIAL_VALUES.map((_value, index) => ({
      wait: (options) => set.wait(index, options),
      post: () => {
        set.postSync(index);
      },
    })),
    close() {
      set.close();
      mapping.close();
    },
  };
}

/**
 * A segment that is removed as soon as it is attached: it goes with its last attachment, and until
 * then Linux lets others attach it by its id. Whoever is killed, nothing is left of it. A set knows
 * nothing of the kind: who waits for it would get EIDRM at once, so it is removed at the end.
 */
async function makeMemory(): Promise<{ id: number; mapping: memory.Mapping }> {
  const segment = await sysv.SharedMemory.create(sysv.IPC_PRIVATE, { size: BUFFERS_SIZE });
  try {
    return { id: segment.id, mapping: await segment.attach() };
  } finally {
    await segment.remove();
  }
}

function idsOf(address: string): { shmid: number; semid: number } {
  const [shmid = -1, semid = -1] = address.split(' ').map(Number);
  return { shmid, semid };
}

export const systemVSharedMemory: Transport = {
  id: 'sysv-shm',
  name: 'System V shared memory',
  peers: ['node', 'c'],

  // Private objects have no key: nobody meets them by chance, and the peer is told their ids.
  async create() {
    const { id, mapping } = await makeMemory();
    try {
      const set = await sysv.SemaphoreSet.create(sysv.IPC_PRIVATE, { values: INITIAL_VALUES });
      const address = `${String(id)} ${String(set.id)}`;
      return offerOf(address, new BufferedEnd('sender', objectsOf(mapping, set)));
    } catch (error) {
      mapping.close();
      throw error;
    }
  },

  async open(address) {
    const { shmid, semid } = idsOf(address);
    const segment = await sysv.SharedMemory.fromId(shmid);
    const set = await sysv.SemaphoreSet.fromId(semid);
    return new BufferedEnd('receiver', objectsOf(await segment.attach(), set));
  },

  async remove(address) {
    await removeQuietly(async () => {
      using set = await sysv.SemaphoreSet.fromId(idsOf(address).semid);
      await set.remove();
    });
  },
};
