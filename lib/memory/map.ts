import { fileURLToPath } from 'node:url';

import { check, invalidType, SystemError } from '../core/error';
import { mapDescriptor, type Window } from '../core/map-descriptor';
import { adoptMapping, pagesOf, type Mapping } from '../core/mapping';
import { word, type Advice } from '../core/mapping-options';
import { memoryHint } from '../core/memory-hints';
import {
  MAP_ANONYMOUS,
  MAP_HUGE_1GB,
  MAP_HUGE_2MB,
  MAP_HUGETLB,
  MAP_PRIVATE,
  MAP_SHARED,
  PROT_READ,
  PROT_WRITE,
} from '../core/mmap-constants';
import { boolean, integer, optionsOf } from '../core/options';
import { OwnedDescriptor } from '../core/owned-descriptor';
import { windowOf, type WindowOptions } from '../core/window';
import { native } from '../native';

/** Which window of a file is mapped, and how. The access is `'read'` by default. */
export interface MapOptions extends WindowOptions {
  /** Bring all pages into memory at once. Default false. */
  populate?: boolean | undefined;
  /** `'transparent'`: use huge pages where the file system can. EINVAL where the kernel cannot. */
  hugePages?: 'transparent' | undefined;
}

/** Which memory without a file is made. */
export interface AnonymousOptions {
  /** Length in bytes. */
  length: number;
  /** Children of a fork by native code share it, instead of having a copy. Default false. */
  shared?: boolean | undefined;
  /** Bring all pages into memory at once. Default false. */
  populate?: boolean | undefined;
  /**
   * `'transparent'`: where the kernel finds some. The others take pages of the reserved pool
   * (vm.nr_hugepages), or fail with ENOMEM: `'reserved'` of the default size.
   */
  hugePages?: HugePages | undefined;
}

/** Pages that are larger than usual. */
export type HugePages = 'transparent' | 'reserved' | '2MiB' | '1GiB';

const most = Number.MAX_SAFE_INTEGER;
const transparent: Advice = 'huge-page';

const hugeFlags: Record<HugePages, number> = {
  transparent: 0,
  reserved: MAP_HUGETLB,
  '2MiB': MAP_HUGETLB | MAP_HUGE_2MB,
  '1GiB': MAP_HUGETLB | MAP_HUGE_1GB,
};

interface Plan {
  window: Window;
  populate: boolean;
  huge: boolean;
}

function planOf(options: MapOptions | undefined): Plan {
  const { populate = false, hugePages } = optionsOf(options);
  const window = windowOf(options, 'read');
  const huge = hugePages !== undefined && word('options.hugePages', { transparent }, hugePages);
  return { window, populate: boolean('options.populate', populate), huge: huge !== false };
}

function pathOf(file: unknown): string {
  if (typeof file === 'string') return file;
  if (file instanceof URL) return fileURLToPath(file);
  throw invalidType('file', 'a path, a file URL or a descriptor', file);
}

/** The mapping, before its pages are brought in. */
function open(file: string | URL | number, { window, huge }: Plan): Mapping {
  if (typeof file === 'number') return advised(mapDescriptor(descriptorOf(file), window), huge);
  const path = pathOf(file);
  const handle = check(native.openFile(path, window.access === 'write'), 'open', { path });
  const opened = new OwnedDescriptor(handle);
  try {
    return advised(mapDescriptor(opened.number, window, path), huge);
  } finally {
    opened.close();
  }
}

function descriptorOf(fd: number): number {
  return integer('file', fd, 0, 2 ** 31 - 1);
}

function advised(mapping: Mapping, huge: boolean): Mapping {
  if (huge)
    orClose(mapping, () => {
      mapping.adviseSync(transparent);
    });
  return mapping;
}

function orClose(mapping: Mapping, call: () => void): void {
  try {
    call();
  } catch (error) {
    mapping.close();
    throw error;
  }
}

async function populated(mapping: Mapping, write: boolean, method: unknown): Promise<Mapping> {
  try {
    await pagesOf(mapping).populate(write, method);
    return mapping;
  } catch (error) {
    mapping.close();
    throw error;
  }
}

/**
 * Maps a window of a file, by its path or by a descriptor (which may be closed afterwards).
 *
 * The window may begin at any byte and must lie inside the file. Another process that makes the
 * file shorter later makes a touch of what is missing end this process (SIGBUS): map what others
 * may truncate only if you trust them, or copy with `read`, which answers EFAULT. The same holds for
 * a write into a hole of a sparse file when the disk is full.
 * Errors: EACCES, ENOENT, ENODEV (not a file that can be mapped), ENOMEM, ERR_OUT_OF_RANGE.
 * Source: mmap(2).
 *
 * ```js
 * using mapping = await memory.map('data.bin', { offset: 10, length: 100 });
 * console.log(mapping.bytes.toString());
 * ```
 */
export async function map(file: string | URL | number, options?: MapOptions): Promise<Mapping> {
  const plan = planOf(options);
  const mapping = open(file, plan);
  return plan.populate ? await populated(mapping, false, map) : mapping;
}

/** As `map`, at once. */
export function mapSync(file: string | URL | number, options?: MapOptions): Mapping {
  const plan = planOf(options);
  const mapping = open(file, plan);
  if (plan.populate)
    orClose(mapping, () => {
      pagesOf(mapping).populateSync(false);
    });
  return mapping;
}

function openAnonymous(options: AnonymousOptions): { mapping: Mapping; populate: boolean } {
  const { length, shared = false, populate = false, hugePages } = optionsOf(options);
  const size = integer('options.length', length, 1, most);
  const sharing = boolean('options.shared', shared) ? MAP_SHARED : MAP_PRIVATE;
  const filling = boolean('options.populate', populate);
  const pages = hugePages === undefined ? 0 : word('options.hugePages', hugeFlags, hugePages);
  const flags = MAP_ANONYMOUS | sharing | pages;
  const handle = native.mmapWindow(size, PROT_READ | PROT_WRITE, flags, -1, 0, false);
  if (handle < 0) {
    const hint = pages === 0 ? memoryHint(handle, 'mmap') : hugeHint;
    throw new SystemError(handle, 'mmap', { hint });
  }
  const mapping = adoptMapping(handle, { length: size, access: 'write' });
  return { mapping: advised(mapping, hugePages === 'transparent'), populate: filling };
}

const hugeHint =
  'huge pages of that size have to be reserved before: sysctl -w vm.nr_hugepages=N, or /sys/kernel/mm/hugepages';

/**
 * Makes memory without a file: zeroes, aligned to a page, outside the JavaScript heap.
 *
 * For memory to be locked, kept out of core dumps or backed by huge pages, and for trying things out.
 * Other processes cannot reach it: for that there are `memfd` and shared memory.
 * Errors: ENOMEM, EINVAL (huge pages of a size that the machine does not have), ERR_OUT_OF_RANGE.
 * Source: mmap(2), MAP_ANONYMOUS.
 *
 * ```js
 * using secret = memory.mapAnonymousSync({ length: 4096 });
 * secret.lockSync();
 * secret.adviseSync('dont-dump');
 * ```
 */
export async function mapAnonymous(options: AnonymousOptions): Promise<Mapping> {
  const { mapping, populate } = openAnonymous(options);
  return populate ? await populated(mapping, true, mapAnonymous) : mapping;
}

/** As `mapAnonymous`, at once. */
export function mapAnonymousSync(options: AnonymousOptions): Mapping {
  const { mapping, populate } = openAnonymous(options);
  if (populate)
    orClose(mapping, () => {
      pagesOf(mapping).populateSync(true);
    });
  return mapping;
}
