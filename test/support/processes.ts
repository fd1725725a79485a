/** Other processes, spoken to line by line. Whatever a test started is killed after it. */

import { spawn, type ChildProcessWithoutNullStreams, type SpawnOptions } from 'node:child_process';
import { constants } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { compileC } from './compile';
import { soon } from './wait-until';

const root = path.resolve(__dirname, '../..');
const peers = new Set<Peer>();

afterEach(async () => {
  for (const peer of peers) peer.kill('SIGKILL');
  await Promise.all([...peers].map((peer) => peer.ended));
  peers.clear();
});

/** How a process ended, and what it had written. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export class Peer {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #name: string;
  #stdout = '';
  #stderr = '';

  /** `descriptors`: what it gets as 3 and on. */
  constructor(
    command: string,
    args: readonly string[],
    options: SpawnOptions = {},
    descriptors: readonly number[] = [],
  ) {
    this.#name = [path.basename(command), ...args].join(' ');
    const child = spawn(command, args, {
      ...options,
      stdio: ['pipe', 'pipe', 'pipe', ...descriptors],
    }) as ChildProcessWithoutNullStreams;
    this.#child = child;
    child.stdin.on('error', () => undefined); // it ended without reading all: `ended` tells how
    child.stdout.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        peers.delete(this);
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
    peers.add(this);
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** The next line that it writes. */
  async line(): Promise<string> {
    const next = await this.#soon('a line from', this.#lines.next());
    if (next.done !== true) return next.value;
    const { code, signal, stderr } = await this.ended;
    throw new Error(`${this.#name} ended (${String(code ?? signal)}) without a line\n${stderr}`);
  }

  /** The next line, read as JSON. */
  async json(): Promise<unknown> {
    return JSON.parse(await this.line()) as unknown;
  }

  /** Writes one line to its standard input. */
  tell(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** There is no more on its standard input. */
  end(): void {
    this.#child.stdin.end();
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits for its end, which has to be a good one; answers what it wrote. */
  async success(): Promise<string> {
    const { code, signal, stdout, stderr } = await this.#soon('the end of', this.ended);
    if (code === 0) return stdout;
    throw new Error(`${this.#name} ended with ${String(code ?? signal)}\n${stdout}${stderr}`);
  }

  /** What hangs is told with all that it wrote. */
  async #soon<T>(what: string, promise: Promise<T>): Promise<T> {
    try {
      return await soon(`${what} ${this.#name}`, promise);
    } catch (error) {
      throw new Error(`${String(error)}\n${this.#stdout}${this.#stderr}`, { cause: error });
    }
  }
}

/** Runs test/fixtures/NAME.ts, compiled beforehand, in a Node process of its own. */
export function startNode(
  name: string,
  args: readonly string[] = [],
  { execArgv = [], ...options }: SpawnOptions & { execArgv?: string[] } = {},
  descriptors: readonly number[] = [],
): Peer {
  const program = path.join(root, 'dist-programs/test/fixtures', `${name}.js`);
  return new Peer(process.execPath, [...execArgv, program, ...args], options, descriptors);
}

/** Runs a program in which a system call fails with an errno: see test/fixtures/forbid.c. */
export async function forbidding(
  call:
    | 'futex_waitv'
    | 'get_robust_list'
    | 'O_TMPFILE'
    | 'pidfd_open'
    | 'rt_tgsigqueueinfo'
    | 'signalfd4',
  code: 'EPERM' | 'ENOSYS' | 'EOPNOTSUPP',
  program: string,
  args: readonly string[],
): Promise<Peer> {
  return await startC('forbid', [call, String(constants.errno[code]), program, ...args]);
}

/** Compiles test/fixtures/NAME.c, or all of NAME/, and runs it. */
export async function startC(
  name: string,
  args: readonly string[] = [],
  descriptors: readonly number[] = [],
): Promise<Peer> {
  const program = await compileC(name);
  // A sanitizer that is loaded into node is none of its business, nor of a node that it starts.
  const env = { ...process.env, LD_PRELOAD: '', POSIX_IPC_ADDON: undefined };
  return new Peer(program, args, { env }, descriptors);
}
