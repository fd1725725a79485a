import { execFile } from 'node:child_process';
import { existsSync, readdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { runDirectory } from './run-directory';

const run = promisify(execFile);
const fixtures = path.resolve(__dirname, '../fixtures');

function sourcesOf(name: string): string[] {
  const folder = path.join(fixtures, name);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return [`${folder}.c`];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.c'))
    .map((file) => path.join(folder, file));
}

/** Compiles test/fixtures/NAME.c, or all of NAME/, once per run; answers the program's path. */
export async function compileC(name: string): Promise<string> {
  const program = path.join(runDirectory(), path.basename(name));
  if (existsSync(program)) return program;
  const unfinished = `${program}.${String(process.pid)}`; // two workers may compile at once
  const flags = ['-std=gnu17', '-O1', '-Wall', '-Wextra', '-Werror', '-pthread'];
  await run('cc', [...flags, '-o', unfinished, ...sourcesOf(name)], {
    env: { ...process.env, LD_PRELOAD: '' },
  });
  renameSync(unfinished, program);
  return program;
}
