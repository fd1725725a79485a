// @ts-check
// The test suite under other circumstances than those of `npm test`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Failure, root, run, tool } from './run.mjs';

/** What lasts long, or does not depend on the version of Node. */
const BEYOND_CORE =
  '/test/(bench|campaigns|conformance|declarations|docs/(c|editor)|examples|native|odd-exports|peers|lifecycle/processes|.*model|lock/steps|memory/large)';

/** How processes and workers end: all that wait by promise, and a few, each on another ground of the core. */
const ENDS = '(thread|worker) (all by promise|receiveSync|Semaphore.wait|PipeReader.read) ';

/** As before `npm test`: the ESM entries are made with the ordinary addon. */
export function buildAll() {
  for (const script of ['build-addon.mjs', 'build-ts.mjs']) {
    run(process.execPath, [path.join(root, 'scripts', script)]);
  }
}

/**
 * @param {{ node?: string, env?: NodeJS.ProcessEnv, core?: boolean, args?: readonly string[] }} options
 */
export function runSuite(options) {
  const { node = process.execPath, env = {}, core = false, args = [] } = options;
  const left = core ? [`--testPathIgnorePatterns=${BEYOND_CORE}`] : [];
  run(node, [tool('jest'), ...left, ...args], { env: { ...process.env, ...env } });
}

/**
 * The rows of ENDS, of the table of processes.
 * @param {{ node?: string, env?: NodeJS.ProcessEnv }} options
 */
export function runEnds(options) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'posix-ipc-ends-'));
  const file = path.join(folder, 'results.json');
  try {
    const what = ['test/lifecycle/processes', '--testNamePattern', ENDS];
    runSuite({ ...options, args: [...what, '--json', '--outputFile', file] });
    const { numPassedTests } = /** @type {{ numPassedTests: number }} */ (
      JSON.parse(readFileSync(file, 'utf8'))
    );
    // jest is content with a pattern that no name matches.
    if (numPassedTests < 30) throw new Failure('the rows of how processes end were not found');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
