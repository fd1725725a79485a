// @ts-check
// Compiles the addon where the package is installed, for machines that have no prebuilt one:
//   npm explore posix-ipc -- npm run build:from-source
// node-gyp and node-addon-api are no dependencies of the package: where they are missing, npm puts them in a temporary folder.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { addonPath, prebuiltPath, requireCompiler, runNodeGyp } from './support/addon.mjs';
import { main, readManifest, root, run } from './support/run.mjs';

const TOOLS = ['node-gyp', 'node-addon-api'];

await main(() => {
  requireCompiler();
  const tools = areInstalled() ? undefined : mkdtempSync(path.join(tmpdir(), 'posix-ipc-build-'));
  try {
    if (tools !== undefined) installTools(tools);
    build(tools);
  } finally {
    if (tools !== undefined) rmSync(tools, { recursive: true, force: true });
  }
});

/** @param {string | undefined} tools */
function build(tools) {
  const modules = tools === undefined ? undefined : path.join(tools, 'node_modules');
  runNodeGyp(tools === undefined ? {} : { toolsFrom: tools, env: { NODE_PATH: modules } });
  // The loader takes a prebuilt binary first: one that had to be replaced must not be found again.
  rmSync(path.join(root, prebuiltPath), { force: true });
  console.log(`posix-ipc: built ${addonPath}`);
}

function areInstalled() {
  const require = createRequire(import.meta.url);
  return TOOLS.every((name) => {
    try {
      return require.resolve(`${name}/package.json`) !== '';
    } catch {
      return false;
    }
  });
}

/** @param {string} folder */
function installTools(folder) {
  const { devDependencies } = readManifest();
  const wanted = TOOLS.map((name) => `${name}@${devDependencies[name] ?? 'latest'}`);
  run('npm', [
    'install',
    '--prefix',
    folder,
    '--no-save',
    '--no-package-lock',
    '--ignore-scripts',
    ...wanted,
  ]);
}
