/** Which window of an object is mapped. */

import type { FileAccess, Window } from './map-descriptor';
import { word } from './mapping-options';
import { integer, optionsOf } from './options';

/** Which window of an object is mapped, and what for. */
export interface WindowOptions {
  /** Where the window begins, in bytes; any byte. Default 0. */
  offset?: number | undefined;
  /** Its length in bytes. Default: to the end. */
  length?: number | undefined;
  /**
   * `'read'` shows the object; a write through a view stays with this process, and the page no
   * longer follows the object. `'copy-on-write'` is the same, on purpose. `'write'` changes the object.
   */
  access?: FileAccess | undefined;
}

const most = Number.MAX_SAFE_INTEGER;

const accesses: Record<FileAccess, FileAccess> = {
  read: 'read',
  write: 'write',
  'copy-on-write': 'copy-on-write',
};

/** One of the ways in which files can be mapped. */
export function fileAccess(access: unknown): FileAccess {
  return word('options.access', accesses, access);
}

/** A checked window; `otherwise`: the access that it has where none is asked for. */
export function windowOf(options: WindowOptions | undefined, otherwise: FileAccess): Window {
  const { offset = 0, length, access = otherwise } = optionsOf(options);
  return {
    offset: integer('options.offset', offset, 0, most),
    length: length === undefined ? undefined : integer('options.length', length, 1, most),
    access: fileAccess(access),
  };
}
