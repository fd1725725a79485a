/** A mapped file: mmap(2) with MAP_SHARED, with named semaphores: sem_open(3). */
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { memory, posix } from 'posix-ipc';
import { BUFFERS_SIZE, BufferedEnd, INITIAL_VALUES, type SharedObjects } from './buffered-end';
import { removeQuietly } from './remove-quietly';
import type { Transport } from './transport';
import { uniqueName } from './unique-name';

/** `/NAME.0` to `/NAME.3`, where the file is NAME in some folder. c/mapped-file.c does the same. */
function semaphoreNames(file: string): string[] {
  return INITIAL_VALUES.map((_value, index) => `/${path.basename(file)}.${String(index)}`);
}

/** Takes all names away. Who has opened what they named can go on with it. */
async function removeNames(file: string): Promise<void> {
  await rm(file, { force: true });
  for (const name of semaphoreNames(file)) await removeQuietly(posix.Semaphore.unlink(name));
}

function objectsOf(
  file: string,
  mapping: memory.Mapping,
  semaphores: posix.Semaphore[],
): SharedObjects {
  return {
    mapping,
    offset: 0,
    semaphores,
    close() {
      for (const semaphore of semaphores) semaphore.close();
      mapping.close();
    },
    remove() {
      return removeNames(file);
    },
  };
}

export const mappedFile: Transport = {
  id: 'mapped-file',
  name: 'Mapped file',
  peers: ['node', 'c'],

  async create() {
    const file = path.join(tmpdir(), uniqueName());
    try {
      // Zeroes, not a hole: if the disk is full we hear of it here, and not by SIGBUS at a touch.
      await writeFile(file, Buffer.alloc(BUFFERS_SIZE), { flag: 'wx', mode: 0o600 });
      const mapping = await memory.map(file, { access: 'write' });
      const semaphores = semaphoreNames(file).map((name, index) =>
        posix.Semaphore.createSync(name, { value: INITIAL_VALUES[index] }),
      );
      return new BufferedEnd('sender', file, objectsOf(file, mapping, semaphores));
    } catch (error) {
      await removeNames(file);
      throw error;
    }
  },

  async open(file) {
    const mapping = await memory.map(file, { access: 'write' });
    const semaphores = semaphoreNames(file).map((name) => posix.Semaphore.openSync(name));
    // Both ends have everything now: without names it goes when they go, even if both are killed.
    await removeNames(file);
    return new BufferedEnd('receiver', file, objectsOf(file, mapping, semaphores));
  },
};
