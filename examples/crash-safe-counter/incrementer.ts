import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PACKAGE, compile } from '../support/compile';
import { DESCRIPTOR } from './ledger';

/** Starts a process, which inherits this descriptor. */
export type Launch = (memory: number) => ChildProcess;

const PARENT = String(process.pid);

/** Standard input and output are of no use to them. */
const STDIO = ['ignore', 'ignore', 'inherit'] as const;

/** Ctrl-C is for the one that has started them; they end with it. */
const APART = { detached: true };

export function nodeProcess(number: number, form: 'sync' | 'promise'): Launch {
  const program = path.join(__dirname, 'increment.js');
  return (memory) =>
    fork(program, [String(number), PARENT, form], { ...APART, stdio: [...STDIO, memory, 'ipc'] });
}

/** A program that is compiled now. It has no name any more when this resolves: nothing is left of it. */
export async function cProgram(
  number: number,
  signal: AbortSignal,
): Promise<{ launch: Launch; close: () => void }> {
  const folder = path.join(tmpdir(), `crash-safe-counter-${PARENT}`);
  const source = path.join(PACKAGE, 'examples/crash-safe-counter/increment.c');
  const headers = `-I${path.join(PACKAGE, 'native/include')}`;
  try {
    const args = ['-std=gnu11', '-pthread', headers, source];
    const file = openSync(await compile(folder, 'increment', args, signal), 'r');
    const itself = `/proc/self/fd/${String(DESCRIPTOR + 1)}`;
    return {
      launch: (memory) =>
        spawn(itself, [String(number), PARENT], { ...APART, stdio: [...STDIO, memory, file] }),
      close: () => {
        closeSync(file);
      },
    };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** A process that is killed and started again. */
export class Incrementer {
  kills = 0;
  readonly #launch: () => ChildProcess;
  readonly #failed: (reason: Error) => void;
  #child: ChildProcess;

  /** `failed`: it has ended otherwise than it was meant to. */
  constructor(launch: () => ChildProcess, failed: (reason: Error) => void) {
    this.#launch = launch;
    this.#failed = failed;
    this.#child = this.#start();
  }

  async killAndRestart(): Promise<void> {
    await this.kill();
    this.kills++;
    this.#child = this.#start();
  }

  /** When this resolves the process is no more. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended();
  }

  async ended(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid !== undefined && exitCode === null && signalCode === null)
      await once(this.#child, 'exit');
  }

  #start(): ChildProcess {
    const child = this.#launch();
    child.once('error', this.#failed);
    child.once('exit', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') return;
      this.#failed(new Error(`a process ended by itself, with ${String(code ?? signal)}`));
    });
    return child;
  }
}
