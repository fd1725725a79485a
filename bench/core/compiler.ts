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
  'folder',
  'fan-out',
  'many',
  'round-trip',
  'flight',
  'waits',
  'repeat',
];

function sourceOf(name: string): string {
  return path.join(folder, 'c', `${name}.c`);
}

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
    return this.#compile(name, this.#shared());
  }

  probe(): string {
    return this.#compile('probe', []);
  }

  /** The objects of the scenarios, which are compiled once. */
  #shared(): string[] {
    const objects = SCENARIOS.map((name) => path.join(this.#target, `${name}.o`));
    if (!objects.every((object) => existsSync(object))) this.#run('-c', ...SCENARIOS.map(sourceOf));
    return objects;
  }

  #compile(name: string, objects: readonly string[]): string {
    const program = path.join(this.#target, name);
    if (!existsSync(program)) this.#run(sourceOf(name), ...objects, '-o', program);
    return program;
  }

  #run(...args: string[]): void {
    execFileSync('cc', [...FLAGS, ...args], { cwd: this.#target, stdio: 'inherit' });
  }
}
