// @ts-check
// Running other programs, and saying what went wrong in one sentence.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * The JavaScript file of a tool in node_modules/.bin, to be run with `process.execPath`.
 *
 * @param {string} name
 */
export function tool(name) {
  return path.join(root, 'node_modules/.bin', name);
}

/**
 * package.json, as far as the scripts use it.
 *
 * @returns {{ name: string, version: string, scripts: Record<string, string>, devDependencies: Record<string, string> }}
 */
export function readManifest() {
  const text = readFileSync(path.join(root, 'package.json'), 'utf8');
  return /** @type {ReturnType<typeof readManifest>} */ (JSON.parse(text));
}

/** A failure that the user can act on: its message alone is shown, no stack. */
export class Failure extends Error {}

/**
 * Runs a program to its end and shows what it prints.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 */
export function run(program, args, options = {}) {
  const { error, status, signal } = spawnSync(program, args, {
    cwd: root,
    ...options,
    stdio: 'inherit',
  });
  if (error) throw new Failure(`${program} could not be started: ${error.message}`);
  if (status !== 0)
    throw new Failure(`${describe(program, args)} ended with ${String(signal ?? status)}`);
}

/**
 * Runs a program and gives what it printed on its standard output.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {string}
 */
export function output(program, args, options = {}) {
  const { error, status, signal, stdout, stderr } = spawnSync(program, args, {
    cwd: root,
    ...options,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) throw new Failure(`${program} could not be started: ${error.message}`);
  if (status !== 0) {
    throw new Failure(
      `${describe(program, args)} ended with ${String(signal ?? status)}\n${stdout}${stderr}`,
    );
  }
  return stdout;
}

/**
 * @param {string} program a name that is looked up in PATH, or a path
 * @returns {boolean}
 */
export function isInstalled(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/**
 * The body of a script: a Failure is printed as one message, anything else with its stack; both exit with 1.
 *
 * @param {() => void | Promise<void>} body
 */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    console.error(error instanceof Failure ? `posix-ipc: ${error.message}` : error);
    process.exitCode = 1;
  }
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 */
function describe(program, args) {
  const command = [program === process.execPath ? 'node' : program, ...args].join(' ');
  return command.replaceAll(`${root}/`, '');
}
