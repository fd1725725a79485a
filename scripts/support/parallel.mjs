// @ts-check
// A program once per item, as many at a time as there are processors; what one prints stays together.
import { execFile } from 'node:child_process';
import os from 'node:os';

/**
 * @param {readonly string[]} items each becomes the last argument of one run
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean }} [options] `quiet`: what it prints is not shown
 * @returns {Promise<string[]>} the items whose run failed
 */
export async function runForEach(items, program, args, { quiet = false } = {}) {
  const waiting = [...items];
  /** @type {string[]} */
  const failed = [];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      if (!(await succeeds(program, [...args, item], quiet))) failed.push(item);
    }
  };
  await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
  return failed;
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {boolean} quiet
 * @returns {Promise<boolean>}
 */
function succeeds(program, args, quiet) {
  return new Promise((resolve) => {
    execFile(program, args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (!quiet) process.stdout.write(stdout);
      if (!quiet && error !== null) process.stderr.write(stderr);
      resolve(error === null);
    });
  });
}
