/** A kind of IPC object, as the command shows it. */

import { SystemError } from '../core/error';

/** What is shown of each object: in a table and, beside its header, for one object alone. */
export interface Column<T> {
  header: string;
  text: (object: T) => string;
  /** Numbers stand below each other. */
  right?: boolean;
  /** Only where one object is shown. */
  detail?: boolean;
}

/** Rows of text below their headers. */
export interface Table {
  title: string;
  headers: readonly { text: string; right: boolean }[];
  rows: string[][];
  /** What the reader has to know beside. */
  notes: readonly string[];
}

/** Objects for machines, and the same for people. */
export interface Listing {
  objects: object[];
  table: Table;
}

/** One object, with what is in it and who uses it. */
export interface Shown {
  object: object;
  /** What is said of it, a line each: what, and how it is. */
  lines: [what: string, text: string][];
  tables: Table[];
}

export interface Kind {
  /** On the command line. */
  readonly name: string;
  /** In JSON. */
  readonly property: string;
  readonly title: string;
  list: () => Listing;
  /** Throws where there is no such object. */
  show: (which: string, most: number) => Shown;
}

/** What one facility knows of its objects. */
export interface Facility<T extends object> {
  readonly name: string;
  readonly property: string;
  readonly title: string;
  readonly columns: readonly Column<T>[];
  /** All that there are; `note` tells the reader why some are missing. */
  all: (note: (text: string) => void) => T[];
  one: (which: string) => T;
  /** What belongs to one object, by its property. */
  parts: (object: T, most: number) => Part[];
}

/** Something that belongs to an object. */
export interface Part {
  property: string;
  /** For machines. */
  value: object;
  table: Table;
}

export function tableOf<T>(
  title: string,
  columns: readonly Column<T>[],
  objects: readonly T[],
  notes: readonly string[] = [],
): Table {
  const shown = columns.filter(({ detail = false }) => !detail);
  return {
    title,
    headers: shown.map(({ header, right = false }) => ({ text: header, right })),
    rows: objects.map((object) => shown.map(({ text }) => text(object))),
    notes,
  };
}

/** undefined, and a note of why, where the kernel does not let this user look. */
export function ifKnown<R>(look: () => R, notes: string[]): R | undefined {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    notes.push(`cannot be looked at: ${error.message}`);
    return undefined;
  }
}

/** A part whose objects are shown as a table. */
export function partOf<T extends object>(
  property: string,
  title: string,
  columns: readonly Column<T>[],
  objects: readonly T[],
  notes: readonly string[] = [],
): Part {
  return { property, value: objects, table: tableOf(title, columns, objects, notes) };
}

export function kindOf<T extends object>(facility: Facility<T>): Kind {
  const { name, property, title, columns } = facility;
  return {
    name,
    property,
    title,
    list() {
      const notes: string[] = [];
      const objects = facility.all((text) => void notes.push(text));
      return { objects, table: tableOf(title, columns, objects, notes) };
    },
    show(which, most) {
      const object = facility.one(which);
      const parts = facility.parts(object, most);
      return {
        object: {
          ...object,
          ...Object.fromEntries(parts.map(({ property: of, value }) => [of, value])),
        },
        lines: columns.map(({ header, text }) => [header, text(object)]),
        tables: parts.map(({ table }) => table),
      };
    },
  };
}
