/** Files and memory in the address space: mmap(2), memfd_create(2). */

export { Mapping, type ViewClass } from '../core/mapping';
export type { Residency } from '../core/mapping-pages';
export type {
  Advice,
  MappingAccess,
  MappingRange,
  Protection,
  SyncOptions,
} from '../core/mapping-options';
export {
  map,
  mapAnonymous,
  mapAnonymousSync,
  mapSync,
  type AnonymousOptions,
  type HugePages,
  type MapOptions,
} from './map';
