/** Runs the programs of one sample, each in a fresh process. */

import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { undoLater } from './cleanup';
import type { Result } from './result';

/** A sample that takes longer hangs: milliseconds, and so many times what it is to last. */
const [PATIENCE, TIMES] = [60_000, 20];

/** `seconds`: what was asked for. A row that has two speeds may have been quick when it was tried, and be slow now. */
export function patienceFor(seconds = 0): number {
  return PATIENCE + TIMES * seconds * 1000;
}

/** How long the others may take to end after one of them has ended well, or has failed. */
const GRACE = { ended: 20_000, failed: 1_000 };

export interface Command {
  file: string;
  args: readonly string[];
  /** Besides this process's own. */
  env?: Readonly<Record<string, string>>;
  /** Numbers of descriptors of this process, which it gets from FIRST_INHERITED on. */
  descriptors?: readonly number[];
}

/** A program did not do its work: the driver is wrong, or cannot run here. */
export class Fault extends Error {}

/** It could not begin: the system has refused what it needs. Nobody was wrong. */
export class Refusal extends Fault {}

/** So many characters of what a program says stand in a table. */
const LONGEST = 200;

/** What it says first, without what would move the cursor of a terminal. */
export function lineOf(text: string): string {
  const [first = ''] = stripVTControlCharacters(text).trim().split('\n');
  const line = first.replace(/\p{Cc}/gu, ' ');
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}...` : line;
}

interface Running {
  done: Promise<string>;
  kill: () => void;
}

function start({ file, args, env, descriptors = [] }: Command): Running {
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe', ...descriptors],
    env: { ...process.env, ...env },
  });
  const kill = (): void => void child.kill('SIGKILL');
  const ended = undoLater(kill);
  let output = '';
  let errors = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const done = new Promise<string>((resolve, reject) => {
    child.on('error', ({ message }) => {
      reject(new Fault(message));
    });
    child.on('close', (code, signal) => {
      ended();
      // The others may wait for it for ever.
      if (code === 0 && output.trim() === '') reject(new Fault('it ended without a result'));
      else if (code === 0) resolve(output);
      else reject(new Fault(lineOf(errors) || `it ended with ${String(signal ?? code)}`));
    });
  });
  return { done, kill };
}

/** What a program says: a package of somebody else may end it before, or say something of its own. */
function resultIn(line: string): Result {
  try {
    const result = JSON.parse(line) as Result | null;
    if (result?.values !== undefined) return result;
  } catch {
    // The same.
  }
  throw new Fault(`it says what is no result: ${lineOf(line)}`);
}

/**
 * Runs the programs at the same time; the last of them measures.
 *
 * When one fails, `abandon` is called to let the others out of what they wait for. `patience`: milliseconds.
 */
export async function runTogether(
  commands: readonly Command[],
  abandon: () => void,
  patience = PATIENCE,
): Promise<Result[]> {
  const running = commands.map(start);
  const killAll = (): void => {
    for (const { kill } of running) kill();
  };
  let hung: Fault | undefined;
  const giveUp = (): void => {
    hung = new Fault('it hung');
    killAll();
  };
  const watchdogs = [setTimeout(giveUp, patience)];
  try {
    const all = Promise.all(running.map(({ done }) => done));
    all.catch(() => undefined); // the race tells first
    await Promise.race(running.map(({ done }) => done));
    watchdogs.push(setTimeout(giveUp, GRACE.ended));
    const outputs = await all;
    // A program may have started others, which print what they have measured in its place.
    return outputs.flatMap((output) => output.trim().split('\n')).map(resultIn);
  } catch (error) {
    abandon();
    const grace = setTimeout(killAll, GRACE.failed);
    await Promise.allSettled(running.map(({ done }) => done));
    clearTimeout(grace);
    throw hung ?? error;
  } finally {
    watchdogs.forEach(clearTimeout);
  }
}
