/** posix-ipc: shared memory of each kind. The address is a name that is free. */

import { setImmediate } from 'node:timers/promises';
import { memory, posix, sysv } from 'posix-ipc';
import { accesses } from '../core/accesses';
import type { Driver, Repeats } from '../core/driver';

type Mapping = memory.Mapping;

/** Made, mapped, used, closed, and its name taken away. */
type Once = (name: string, size: number, use: (mapping: Mapping) => void) => void;

const kinds: Record<string, Once> = {
  posix: (name, size, use) => {
    const shared = posix.SharedMemory.createSync(name, { size });
    use(shared.mapping);
    shared.close();
    shared.unlinkSync();
  },
  sysv: (_name, size, use) => {
    const segment = sysv.SharedMemory.createSync(sysv.IPC_PRIVATE, { size });
    const mapping = segment.attachSync();
    segment.removeSync();
    segment.close();
    use(mapping);
    mapping.close();
  },
  memfd: (_name, size, use) => {
    const file = memory.memfdSync('bench', { size });
    const mapping = file.mapSync();
    use(mapping);
    mapping.close();
    file.close();
  },
};

/** Nobody looks at the memory. */
function alone(once: Once): Repeats {
  return ({ address, size }) =>
    (count) => {
      for (let i = 0; i < count; i++) once(address, size, () => undefined);
    };
}

/** So many in one turn of the event loop: Node lets go of memory that had a view in the next one. */
const PER_TURN = 16;

function touched(once: Once): Repeats {
  return ({ address, size }) =>
    async (count) => {
      for (let i = 0; i < count; i++) {
        once(address, size, (mapping) => {
          mapping.bytes[0] = 1;
        });
        if (i % PER_TURN === 0) await setImmediate();
      }
    };
}

/**
 * The same over ordinary memory of JavaScript, by a program that is the same in all else: where code
 * comes to lie makes a fifth in such loops.
 */
function ordinary(forms: Record<string, Repeats>): Record<string, Repeats> {
  return Object.fromEntries(
    Object.entries(forms).map(([name, repeats]) => [`ordinary, ${name}`, repeats]),
  );
}

export const open: Driver['open'] = () => ({
  repeat: {
    ...Object.fromEntries(
      Object.entries(kinds).flatMap(([name, once]) => [
        [name, alone(once)],
        [`${name}, touched`, touched(once)],
      ]),
    ),
    ...accesses((size) => memory.memfdSync('bench', { size }).mapSync().buffer),
    ...ordinary(accesses((size) => new ArrayBuffer(size))),
  },
});
