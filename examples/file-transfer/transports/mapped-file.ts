/** A mapped file: mmap(2) with MAP_SHARED, with named semaphores: sem_open(3). */
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { memory, posix } from 'posix-ipc';
import { BUFFERS_SIZE, BufferedEnd, INITIAL_VALUES, type SharedObjects } from './buffered-end';
import { removeQuietly } from './remove-quietly';
import { temporaryPath } from './temporary-path';
import { type Transport, offerOf } from './transport';

/** `/NAME.0` to `/NAME.3`, where the file is NAME in some folder. c/mapped-file.c does the same. */
function semaphoreNames(file: string): string[] {
  return INITIAL_VALUES.map((_value, index) => `/${path.basename(file)}.${String(index)}`);
}

/** Takes all names away. Who has opened what they named can go on with it. */
async function remove(file: string): Promise<void> {
  await rm(file, { force: true });
  for (const name of semaphoreNames(file)) await removeQuietly(() => posix.Semaphore.unlink(name));
}

function objectsOf(mapping: memory.Mapping, semaphores: posix.Semaphore[]): SharedObjects {
  return {
    mapping,
    offset: 0,
    semaphores,
    close() {
      for (const semaphore of semaphores) semaphore.close();
      mapping.close();
    },
  };
}

export const mappedFile: Transport = {
  id: 'mapped-file',
  name: 'Mapped file',
  peers: ['node', 'c'],
  remove,

  async create() {
    const file = temporaryPath();
    try {
      // Zeroes, not a hole: if the disk is full we hear of it here, and not by SIGBUS at a touch.
      await writeFile(file, Buffer.alloc(BUFFERS_SIZE), { flag: 'wx', mode: 0o600 });
      const mapping = await memory.map(file, { access: 'write' });
      const semaphores = semaphoreNames(file).map((name, index) =>
        posix.Semaphore.createSync(name, { value: INITIAL_VALUES[index] }),
      );
      return offerOf(file, new BufferedEnd('sender', objectsOf(mapping, semaphores)));
    } catch (error) {
      await remove(file);
      throw error;
    }
  },

  async open(file) {
    const mapping = await memory.map(file, { access: 'write' });
    const semaphores = semaphoreNames(file).map((name) => posix.Semaphore.openSync(name));
    // Both ends have everything now: without names it goes when they go, even if both are killed.
    await remove(file);
    return new BufferedEnd('receiver', objectsOf(mapping, semaphores));
  },
};
