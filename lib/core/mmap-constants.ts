/** The constants of <sys/mman.h>; those that JavaScript has use for. The same on x86-64 and arm64. */

/** No access. */
export const PROT_NONE = 0;
/** Pages may be read. */
export const PROT_READ = 1;
/** Pages may be written. */
export const PROT_WRITE = 2;
/** Pages may be executed. */
export const PROT_EXEC = 4;

/** Changes are seen by all who map the object, and by its readers. */
export const MAP_SHARED = 0x01;
/** Changes stay with this process. */
export const MAP_PRIVATE = 0x02;
/** As MAP_SHARED, and unknown flags are an error. */
export const MAP_SHARED_VALIDATE = 0x03;
/** The kernel must choose exactly this address: not allowed here. */
export const MAP_FIXED = 0x10;
/** Memory without a file. */
export const MAP_ANONYMOUS = 0x20;
/** Lock the pages, as mlock does. */
export const MAP_LOCKED = 0x2000;
/** Reserve no swap space. */
export const MAP_NORESERVE = 0x4000;
/** Bring the pages into memory at once. */
export const MAP_POPULATE = 0x8000;
/** Take pages of the pool of huge pages. */
export const MAP_HUGETLB = 0x40000;
/** With MAP_HUGETLB: pages of 2 MiB. */
export const MAP_HUGE_2MB = (21 << 26) | 0;
/** With MAP_HUGETLB: pages of 1 GiB. */
export const MAP_HUGE_1GB = (30 << 26) | 0;

/** Begin to write changes back, do not wait. */
export const MS_ASYNC = 1;
/** Other mappings of the file get what was written. EBUSY where pages are locked. */
export const MS_INVALIDATE = 2;
/** Write changes back, and wait for the device. */
export const MS_SYNC = 4;

/** No advice. */
export const MADV_NORMAL = 0;
/** Accesses will be random: no reading ahead. */
export const MADV_RANDOM = 1;
/** Accesses will be sequential: more reading ahead. */
export const MADV_SEQUENTIAL = 2;
/** Read the pages soon. */
export const MADV_WILLNEED = 3;
/** Drop the pages: zeroes, or what the file has. */
export const MADV_DONTNEED = 4;
/** Drop the pages when memory is short. */
export const MADV_FREE = 8;
/** Drop the pages and what is behind them. */
export const MADV_REMOVE = 9;
/** Children do not get the pages. */
export const MADV_DONTFORK = 10;
/** Children get the pages. */
export const MADV_DOFORK = 11;
/** Equal pages may be merged. */
export const MADV_MERGEABLE = 12;
/** Undoes MADV_MERGEABLE. */
export const MADV_UNMERGEABLE = 13;
/** Use huge pages where possible. */
export const MADV_HUGEPAGE = 14;
/** Use no huge pages. */
export const MADV_NOHUGEPAGE = 15;
/** Leave the pages out of core dumps. */
export const MADV_DONTDUMP = 16;
/** Undoes MADV_DONTDUMP. */
export const MADV_DODUMP = 17;
/** Children get zeroes instead. */
export const MADV_WIPEONFORK = 18;
/** Undoes MADV_WIPEONFORK. */
export const MADV_KEEPONFORK = 19;
/** The pages are the next to be reclaimed. */
export const MADV_COLD = 20;
/** Reclaim the pages now. */
export const MADV_PAGEOUT = 21;
/** Bring the pages in, for reading. */
export const MADV_POPULATE_READ = 22;
/** Bring the pages in, for writing. */
export const MADV_POPULATE_WRITE = 23;
/** Make huge pages of them now. */
export const MADV_COLLAPSE = 25;
