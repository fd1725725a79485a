/** What the three kinds of System V objects have in common. */

import { SystemError } from '../core/error';
import type { QueueStatus } from '../sysv/queue-status';
import { Wrong } from './wrong';
import { keyText, modeText, userText } from './words';
import type { Column } from './kind';

/** What is shown of each of them. */
type Named = Pick<QueueStatus, 'id' | 'key' | 'mode' | 'uid' | 'gid' | 'cuid'>;

export const namedColumns: readonly Column<Named>[] = [
  { header: 'id', text: ({ id }) => String(id), right: true },
  { header: 'key', text: ({ key }) => keyText(key) },
  { header: 'owner', text: ({ uid }) => userText(uid) },
  { header: 'mode', text: ({ mode }) => modeText(mode) },
  { header: 'group', text: ({ gid }) => String(gid), detail: true },
  { header: 'made by', text: ({ cuid }) => userText(cuid), detail: true },
];

/** All objects of a kind: `at` reads that of an index of the kernel's table, of which `last` is the highest in use. */
export function objectsOf<T>(last: number, at: (index: number) => T): T[] {
  const found: T[] = [];
  for (let index = 0; index <= last; index++) {
    const object = ifThere(() => at(index));
    if (object !== undefined) found.push(object);
  }
  return found;
}

/** undefined where it is gone, or never was. */
function ifThere<R>(look: () => R): R | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof SystemError && (error.code === 'EINVAL' || error.code === 'EIDRM')) {
      return undefined;
    }
    throw error;
  }
}

/** The object of an identifier, or of a key such as 0x4d2. */
export function pick<T extends Named>(which: string, objects: readonly T[]): T {
  const isKey = /^0x[0-9a-f]{1,8}$/i.test(which);
  if (!isKey && !/^\d{1,10}$/.test(which)) {
    throw new Wrong(`'${which}' is no identifier, such as 3, and no key, such as 0x4d2`);
  }
  const number = Number(which);
  const found = objects.find(({ id, key }) =>
    isKey ? key !== 0 && key >>> 0 === number : id === number,
  );
  if (found === undefined) {
    throw new Error(`there is none of the ${isKey ? 'key' : 'identifier'} ${which}`);
  }
  return found;
}
