/**
 * What the memory storm maps. Each byte of an object is its tag: a view that shows anything else
 * shows memory that is not its own.
 */

import { memory, posix, sysv } from 'posix-ipc';

import type { Seeded } from './seeded';

/** Objects that the test made: filled with their tags, and removed by it. */
export interface Lasting {
  /** Their length. */
  size: number;
  files: string[];
  segments: number[];
  /** Named POSIX shared memory. */
  names: string[];
  /** A file of its own for workers that transfer memory away and end: those mappings may stay. */
  transferred: string;
}

/** Something mapped, and what each of its bytes is. */
export interface Mapped {
  mapping: memory.Mapping;
  tag: number;
  /** The object that is closed with it, and can be resized where there is no other mapping of it. */
  shm?: posix.SharedMemory;
}

const most = 1 << 16;

/** Tags of objects of a kind: those of different kinds, and of neighbours, are different. */
export const tags = {
  file: (index: number): number => 1 + index,
  segment: (index: number): number => 40 + index,
  name: (index: number): number => 80 + index,
  transferred: 120,
  own: (number: number): number => 128 + (number % 128),
};

let owned = 0;

function ownTag(): number {
  return tags.own(owned++);
}

function window(random: Seeded, size: number): { offset: number; length: number } {
  const offset = random.below(size - 1);
  return { offset, length: 1 + random.below(size - offset) };
}

function fill(mapping: memory.Mapping, tag: number): void {
  mapping.write(Buffer.alloc(mapping.length, tag));
}

function access(random: Seeded): 'read' | 'write' | 'copy-on-write' {
  return random.oneOf(['read', 'write', 'write', 'copy-on-write'] as const);
}

type Make = (random: Seeded, lasting: Lasting) => Mapped;

const file: Make = (random, { files, size }) => {
  const index = random.below(files.length);
  const options = { ...window(random, size), access: access(random), populate: random.chance(0.1) };
  return { mapping: memory.mapSync(files[index] ?? '', options), tag: tags.file(index) };
};

const anonymous: Make = (random) => {
  const options = { length: 1 + random.below(most), shared: random.chance(0.5) };
  const made = { mapping: memory.mapAnonymousSync(options), tag: ownTag() };
  fill(made.mapping, made.tag);
  return made;
};

const memfd: Make = (random) => {
  using object = memory.memfdSync('storm', { size: 1 + random.below(most) });
  const made = { mapping: object.mapSync(), tag: ownTag() };
  fill(made.mapping, made.tag);
  return made;
};

const ownShm: Make = (random) => {
  const shm = posix.SharedMemory.createSync(undefined, { size: 1 + random.below(most) });
  shm.unlinkSync();
  const made = { mapping: shm.mapping, tag: ownTag(), shm };
  fill(made.mapping, made.tag);
  return made;
};

const namedShm: Make = (random, { names, size }) => {
  const index = random.below(names.length);
  const tag = tags.name(index);
  const shm = posix.SharedMemory.openSync(names[index] ?? '', { access: access(random) });
  if (random.chance(0.3)) return { mapping: shm.mapping, tag }; // the object is dropped
  const mapping = shm.attachSync(window(random, size));
  shm.close();
  return { mapping, tag };
};

const segment: Make = (random, { segments }) => {
  const index = random.below(segments.length);
  using shared = sysv.SharedMemory.fromIdSync(segments[index] ?? 0);
  return { mapping: shared.attachSync({ readOnly: random.chance(0.2) }), tag: tags.segment(index) };
};

const kinds: readonly Make[] = [file, file, anonymous, memfd, ownShm, namedShm, segment];

/** A new mapping of a kind chosen at random. */
export function makeMapping(random: Seeded, lasting: Lasting): Mapped {
  return random.oneOf(kinds)(random, lasting);
}

/** Mapping whose memory a worker gives away. */
export function makeTransferred(random: Seeded, { transferred, size }: Lasting): Mapped {
  const options = { ...window(random, size), access: 'write' as const };
  return { mapping: memory.mapSync(transferred, options), tag: tags.transferred };
}
