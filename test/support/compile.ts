import { execFile } from 'node:child_process';
import { existsSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { runDirectory } from './run-directory';

const run = promisify(execFile);
const fixtures = path.resolve(__dirname, '../fixtures');
const headers = path.resolve(__dirname, '../../native/include');

function sourcesOf(name: string): string[] {
  const folder = path.join(fixtures, name);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return [`${folder}.c`];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.c'))
    .map((file) => path.join(folder, file));
}

/** Of programs that use memory which somebody overwrites, or answer for all that a header does. */
const sanitized = /-(hostile|rules|shapes)$/;

/** Of what is loaded into a program by LD_PRELOAD. */
const preloaded = /-preload$/;
const sanitizers = ['-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

const compiled = new Map<string, Promise<string>>();

/** Compiles test/fixtures/NAME.c, or all of NAME/, once per run; answers the program's path. */
export function compileC(name: string): Promise<string> {
  // Who asks meanwhile waits for the same: a second compiler would write to what the first one has finished.
  const program = compiled.get(name) ?? compileOnce(name);
  compiled.set(name, program);
  return program;
}

async function compileOnce(name: string): Promise<string> {
  const program = path.join(runDirectory(), path.basename(name));
  if (existsSync(program)) return program;
  const unfinished = `${program}.${String(process.pid)}`; // two workers may compile at once
  const flags = ['-std=gnu17', '-O1', '-Wall', '-Wextra', '-Werror', '-pthread', `-I${headers}`];
  if (sanitized.test(name)) flags.push(...sanitizers);
  if (preloaded.test(name)) flags.push('-shared', '-fPIC');
  await run('cc', [...flags, '-o', unfinished, ...sourcesOf(name)], {
    env: { ...process.env, LD_PRELOAD: '' },
  });
  renameSync(unfinished, program);
  return program;
}

const languages = {
  C11: ['cc', '-std=c11', '-D_GNU_SOURCE', '-x', 'c'],
  gnu11: ['cc', '-std=gnu11', '-x', 'c'],
  'C11 and no more': ['cc', '-std=c11', '-x', 'c'],
  'C of 32 bits': ['cc', '-std=gnu11', '-U__LP64__', '-x', 'c'], // as -m32, for which libc may be missing
  'C++20': ['g++', '-std=c++20', '-x', 'c++'],
} as const;

/** Compiles a header of native/include alone, strictly; answers what the compiler says. */
export async function compileHeader(
  header: string,
  language: keyof typeof languages,
): Promise<string> {
  const [compiler, ...flags] = languages[language];
  const strict = ['-O2', '-fsyntax-only', '-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Werror'];
  const main = ['-include', path.join(headers, header), `-I${headers}`, '/dev/null'];
  const env = { ...process.env, LD_PRELOAD: '' };
  const { stdout, stderr } = await run(compiler, [...flags, ...strict, ...main], { env });
  return stdout + stderr;
}

const common = ['lock/robust_list.cc', 'lock/mutex_calls.cc', 'core/futex_word.cc'];

const waitEngine = readdirSync(path.resolve(headers, '../core/wait'))
  .filter((file) => file.endsWith('.cc'))
  .map((file) => `core/wait/${file}`);

/** What the programs of test/native/steps are made of besides themselves. */
const parts: Record<string, string[]> = {
  mutex_steps: ['lock/mutex_wait.cc', 'lock/taker.cc', ...waitEngine],
  mutex_lost_steps: ['lock/mutex_wait.cc'],
  rwlock_steps: ['mutex_wait', 'rwlock_calls', 'slot_wait'].map((name) => `lock/${name}.cc`),
  barrier_steps: ['lock/barrier_wait.cc'],
  condition_steps: ['lock/condition_wait.cc', 'lock/mutex_wait.cc'],
  event_steps: ['lock/event_wait.cc'],
};

/** One file that is all of them: the compiler reads the headers once. */
function sourceOfSteps(name: string): string {
  const file = path.join(runDirectory(), `whole_${name}.cc`); // not to be taken for the one it includes
  const sources = [...common, ...(parts[name] ?? []), 'harness.cc', `${name}.cc`];
  writeFileSync(file, sources.map((source) => `#include "${source}"\n`).join(''));
  return file;
}

/** Compiles test/native/steps/NAME.cc with hooks between the steps of what it tests. */
export async function compileSteps(name: string): Promise<string> {
  const program = path.join(runDirectory(), name);
  const native = path.resolve(__dirname, '../../native');
  const steps = path.resolve(__dirname, '../native/steps');
  const flags = ['-std=c++20', '-O1', '-Wall', '-Wextra', '-Werror', '-pthread'];
  const folders = [native, headers, steps].map((folder) => `-I${folder}`);
  const hooks = ['-include', path.join(steps, 'step.h')];
  await run('g++', [...flags, ...folders, ...hooks, '-o', program, sourceOfSteps(name)], {
    env: { ...process.env, LD_PRELOAD: '' },
  });
  return program;
}
