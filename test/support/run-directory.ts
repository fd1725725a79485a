import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const variable = 'POSIX_IPC_TEST_DIRECTORY';

/** Makes the directory that all test files of one run share. */
export function makeRunDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'posix-ipc-test-'));
  process.env[variable] = directory;
  return directory;
}

/** Removes it with all that was compiled into it. */
export function removeRunDirectory(): void {
  const directory = process.env[variable];
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
}

/** The directory that global-setup.ts made. */
export function runDirectory(): string {
  const directory = process.env[variable];
  if (directory === undefined)
    throw new Error(`${variable} is not set: global-setup.ts did not run`);
  return directory;
}
