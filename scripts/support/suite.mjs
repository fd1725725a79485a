// @ts-check
// The test suite under other circumstances than those of `npm test`.
import path from 'node:path';
import { root, run, tool } from './run.mjs';

/** What lasts long, or does not depend on the version of Node. */
const BEYOND_CORE = '/test/(bench|campaigns|conformance|examples|native|peers|lifecycle/processes)';

/** How processes and workers end: one way of waiting of each facility. */
export const ENDS = [
  'test/lifecycle/processes',
  '--testNamePattern',
  '^(receiveSync|sendMany|Semaphore.wait|operate|Futex.wait|PipeReader.read|posix receive|mq_receive) ',
];

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
