/** Files and memory in the address space: mmap(2), memfd_create(2). */

export { Mapping } from '../core/mapping';
export type { Residency } from '../core/mapping-pages';
export type {
  Advice,
  MappingAccess,
  MappingRange,
  Protection,
  SyncOptions,
  ViewClass,
} from '../core/mapping-options';
export type { WindowOptions } from '../core/window';
export {
  map,
  mapAnonymous,
  mapAnonymousSync,
  mapSync,
  type AnonymousOptions,
  type HugePages,
  type MapOptions,
} from './map';
export { Memfd, memfd, memfdSync, type MemfdOptions, type Seal } from './memfd';
