/** The constants of memfd_create(2) and of seals, fcntl(2). */

/** Close the descriptor on exec. */
export const MFD_CLOEXEC = 1;
/** Seals can be added. */
export const MFD_ALLOW_SEALING = 2;
/** Take pages of the pool of huge pages. */
export const MFD_HUGETLB = 4;
/** With MFD_HUGETLB: pages of 2 MiB. */
export const MFD_HUGE_2MB = (21 << 26) | 0;
/** With MFD_HUGETLB: pages of 1 GiB. */
export const MFD_HUGE_1GB = (30 << 26) | 0;

/** fcntl: add seals. */
export const F_ADD_SEALS = 1033;
/** fcntl: which seals there are. */
export const F_GET_SEALS = 1034;

/** No further seals. */
export const F_SEAL_SEAL = 0x01;
/** The file cannot become shorter. */
export const F_SEAL_SHRINK = 0x02;
/** The file cannot become longer. */
export const F_SEAL_GROW = 0x04;
/** The file cannot be written, nor mapped to be written; EBUSY while it is. */
export const F_SEAL_WRITE = 0x08;
/** The same, but mappings that are there go on. */
export const F_SEAL_FUTURE_WRITE = 0x10;
