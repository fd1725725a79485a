/** Compiles the C programs on the spot, into a folder that goes away with the process. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { undoLater } from './cleanup';
import { folder } from './folder';

const HEADERS = path.join(folder, '../native/include');
const FLAGS = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-pthread', `-I${HEADERS}`];

/** The scenarios' halves that all facilities share. */
const SCENARIOS = [
  'main',
  'support',
  'names',
  'absent',
  'pair',
  'stream',
  'fan-out',
  'round-trip',
  'flight',
  'waits',
  'repeat',
];

export class Compiler {
  readonly #target: string;

  constructor() {
    this.#target = mkdtempSync(path.join(tmpdir(), 'posix-ipc-bench-'));
    undoLater(() => {
      rmSync(this.#target, { recursive: true, force: true });
    });
  }

  /** The scenarios over one facility, c/NAME.c. */
  scenarios(name: string): string {
    return this.#compile(name, [...SCENARIOS, name]);
  }

  probe(): string {
    return this.#compile('probe', ['probe']);
  }

  #compile(name: string, sources: readonly string[]): string {
    const program = path.join(this.#target, name);
    if (existsSync(program)) return program;
    const files = sources.map((source) => path.join(folder, 'c', `${source}.c`));
    execFileSync('cc', [...FLAGS, ...files, '-o', program], { stdio: 'inherit' });
    return program;
  }
}
