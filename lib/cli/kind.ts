/** A kind of IPC object, as the command shows it. */

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
  /** null: they cannot be looked at. */
  objects: object[] | null;
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
  /** All that there are, null where that cannot be told; `notes` tell the reader what is missing. */
  all: (notes: string[]) => T[] | null;
  one: (which: string) => T;
  /** What belongs to one object, by its property. */
  parts: (object: T, most: number) => Part[];
}

/** Something that belongs to an object. */
export interface Part {
  property: string;
  /** For machines; null: it cannot be looked at. */
  value: object | null;
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

/** null, and a note of why, where it cannot be looked at. */
export function ifKnown<R>(look: () => R, notes: string[]): R | null {
  try {
    return look();
  } catch (error) {
    if (!isTold(error)) throw error;
    notes.push(`cannot be looked at: ${error.message}`);
    return null;
  }
}

/** What has a code is about what was looked at, which may be overwritten or cut off; other errors are ours. */
function isTold(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

/** A part whose objects are shown as a table. */
export function partOf<T extends object>(
  property: string,
  title: string,
  columns: readonly Column<T>[],
  objects: readonly T[] | null,
  notes: readonly string[] = [],
): Part {
  return { property, value: objects, table: tableOf(title, columns, objects ?? [], notes) };
}

export function kindOf<T extends object>(facility: Facility<T>): Kind {
  const { name, property, title, columns } = facility;
  return {
    name,
    property,
    title,
    list() {
      const notes: string[] = [];
      const objects = ifKnown(() => facility.all(notes), notes);
      return { objects, table: tableOf(title, columns, objects ?? [], notes) };
    },
    show(which, most) {
      const object = facility.one(which);
      const parts = facility.parts(object, most);
      return {
        object: {
          ...object,
          ...Object.fromEntries(parts.map(({ property: of, value }) => [of, value])),
          notes: parts.flatMap(({ table }) => table.notes),
        },
        lines: columns.map(({ header, text }) => [header, text(object)]),
        tables: parts.map(({ table }) => table),
      };
    },
  };
}
