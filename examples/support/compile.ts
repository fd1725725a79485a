import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ChildProcess } from 'node:child_process';

/** C is compiled from where it stands; only TypeScript is built to another folder. */
export const PACKAGE = path.dirname(require.resolve('posix-ipc/package.json'));

/** This machine has no C compiler. */
export class NoCompiler extends Error {}

/**
 * Makes the folder, and in it a program of C sources; answers its path. The folder is the caller's
 * to remove.
 */
export async function compile(
  folder: string,
  name: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const program = path.join(folder, name);
  await mkdir(folder, { mode: 0o700 });
  // The compiler's own temporary files go there as well.
  const env = { ...process.env, TMPDIR: folder };
  for (const compiler of ['cc', 'gcc']) {
    // A signal of its own: Node leaves listeners at that of a program that cannot be started.
    const options = { env, signal: AbortSignal.any([signal]) };
    const compiling = promisify(execFile)(compiler, ['-O2', '-o', program, ...args], options);
    try {
      await compiling;
      return program;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    } finally {
      await endOf(compiling.child);
    }
  }
  throw new NoCompiler('there is no C compiler (cc or gcc)');
}

/** An abort rejects at once, and the compiler ends a little later. */
async function endOf(child: ChildProcess): Promise<void> {
  const { pid, exitCode, signalCode } = child;
  if (pid !== undefined && exitCode === null && signalCode === null) await once(child, 'exit');
}
