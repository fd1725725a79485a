/** One row of the conformance table: a call, what has to come of it, and how each interface makes it. */

import { absentBecause, type Need } from './needs';
import type { Run } from './result';

/** An interface that answers otherwise than C, and why that is meant so. */
export interface Different {
  expected: string;
  because: string;
  run: Run;
}

/** An interface in which the call cannot be said. */
export interface Absent {
  because: string;
}

export type Column = Run | Different | Absent;

export interface Row {
  /** The program of the Linux Test Project or the assertion of its Open POSIX suite, the test of gVisor, or `own`. */
  id: string;
  what: string;
  /** The errno's name, or the value. */
  expected: string;
  /** The row of test/fixtures/conformance. */
  c: string;
  /** posix-ipc/syscalls. */
  sync: Column;
  /** The class. */
  promise: Column;
  /** What the machine has to allow. */
  needs?: Need;
}

export function different(expected: string, because: string, run: Run): Different {
  return { expected, because, run };
}

export function absent(because: string): Absent {
  return { because };
}

/** A row whose id is its interface. */
export function row(c: string, what: string, expected: string, sync: Column, promise: Column): Row {
  return { id: c.slice(0, c.indexOf('-')), what, expected, c, sync, promise };
}

/** A row that no suite has. */
export function own(c: string, what: string, expected: string, sync: Column, promise: Column): Row {
  return { id: 'own', what, expected, c, sync, promise };
}

/** A row that one of gVisor's tests is the model of. */
export function gvisor(
  id: string,
  c: string,
  what: string,
  expected: string,
  sync: Column,
  promise: Column,
): Row {
  return { id, what, expected, c, sync, promise };
}

/** A column as something to test: what it must answer, under which name, and what it takes. */
export interface Case {
  name: string;
  expected: string;
  run: Run;
  needs?: Need | undefined;
}

export function caseOf(row: Row, interfaceName: string, column: Column): Case {
  const { expected, needs } = row;
  if (typeof column === 'function') {
    return { name: `${interfaceName}: ${expected}`, expected, run: column, needs };
  }
  if ('run' in column) {
    return { ...column, name: `${interfaceName}: ${column.expected}, ${column.because}`, needs };
  }
  const nothing = absentBecause(column.because);
  return { name: interfaceName, expected, run: () => undefined, needs: nothing };
}
