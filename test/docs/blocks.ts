/** The code of the documentation, and programs that are made of it. */

import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';

import { Peer } from '../support/processes';
import { runDirectory } from '../support/run-directory';

const root = path.resolve(__dirname, '../..');

/** Every block of a language, by its page and number, such as 'docs/mutex.md 2'. */
export function blocksOf(language: string): Map<string, string> {
  const docs = readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`);
  const pages = ['README.md', 'CONTRIBUTING.md', ...docs.filter((name) => name.endsWith('.md'))];
  const blocks = new Map<string, string>();
  for (const page of pages) {
    const text = readFileSync(path.join(root, page), 'utf8');
    const found = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)];
    found
      .filter(([, of]) => of === language)
      .forEach(([, , code = ''], index) => blocks.set(`${page} ${String(index + 1)}`, code));
  }
  return blocks;
}

/** An empty folder in which the package is installed. */
export function consumerFolder(): string {
  const folder = mkdtempSync(path.join(runDirectory(), 'docs-'));
  mkdirSync(path.join(folder, 'node_modules'));
  symlinkSync(root, path.join(folder, 'node_modules/posix-ipc'));
  return folder;
}

/** Writes an ES module into the folder; `using` becomes what each version of Node knows. */
export function writeModule(folder: string, name: string, code: string): string {
  const { outputText } = transpileModule(code, {
    compilerOptions: { target: ScriptTarget.ES2022, module: ModuleKind.ESNext },
  });
  const file = path.join(folder, name);
  writeFileSync(file, outputText);
  return file;
}

let count = 0;

/** Runs an ES module there. */
export function startModule(folder: string, code: string): Peer {
  const file = writeModule(folder, `program-${String((count += 1))}.mjs`, code);
  return new Peer(process.execPath, [file], { cwd: folder });
}

const headers = path.join(root, 'native/include');

/** Compiles a program of C in the folder, strictly; answers its path. */
export async function compileProgram(folder: string, code: string): Promise<string> {
  const program = path.join(folder, `program-${String((count += 1))}`);
  writeFileSync(`${program}.c`, code);
  const flags = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-pthread', `-I${headers}`];
  const env = { ...process.env, LD_PRELOAD: '' };
  await promisify(execFile)('cc', [...flags, '-o', program, `${program}.c`], { env });
  return program;
}
