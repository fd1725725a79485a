// @ts-check
// Building the addon: where node-gyp is, where Node's headers are, which tools have to be there.
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Failure, isInstalled, root, run } from './run.mjs';

/** Where the addon of an ordinary build lies. */
export const addonPath = path.join(root, 'build/Release/posix_ipc.node');

/** Where the prebuilt addon for this machine lies in the package. */
export const prebuiltPath = `prebuilds/${process.platform}-${process.arch}/posix_ipc.node`;

/** Says in one sentence what is missing to compile C++, before node-gyp says it in forty. */
export function requireCompiler() {
  const missing = [
    ...(isInstalled(process.env.CXX ?? 'g++') ? [] : [process.env.CXX ?? 'g++']),
    ...(isInstalled('make') ? [] : ['make']),
    ...(isInstalled(process.env.PYTHON ?? 'python3') ? [] : [process.env.PYTHON ?? 'python3']),
  ];
  if (missing.length === 0) return;
  throw new Failure(
    `building the addon needs ${missing.join(' and ')}, which ${missing.length === 1 ? 'is' : 'are'} not installed ` +
      '(Debian and Ubuntu: apt-get install g++ make python3; Fedora: dnf install gcc-c++ make python3).',
  );
}

/** Describes the addon's build, for node-gyp. */
export const description = 'binding.gyp';

/**
 * Where that lies in the package: where one lies beside package.json, npm runs node-gyp at every `npm ci`, since a
 * lockfile does not tell it of `gypfile`.
 */
export const packedDescription = `native/${description}`;

/**
 * Configures and builds the addon in one folder, of the repository or of the package.
 *
 * @param {{
 *   folder?: string,
 *   debug?: boolean,
 *   toolsFrom?: string,
 *   env?: NodeJS.ProcessEnv,
 *   gyp?: readonly string[],
 *   command?: 'configure' | 'build',
 * }} [options] `toolsFrom` is the folder whose node_modules holds node-gyp and node-addon-api, `gyp` what gyp itself is told
 */
export function runNodeGyp(options = {}) {
  const {
    folder = root,
    debug = false,
    toolsFrom = root,
    env = {},
    gyp = [],
    command = 'build',
  } = options;
  const nodeGyp = createRequire(path.join(toolsFrom, 'package.json')).resolve(
    'node-gyp/bin/node-gyp.js',
  );
  const common = [...headers(), debug ? '--debug' : '--release', '--loglevel=warn'];
  const environment = { ...process.env, ...env };
  const warnings = process.env.CI ? ['-Dwarnings_as_errors=1'] : [];
  const where = { cwd: folder, env: environment };
  const link = path.join(folder, description);
  const isPacked = !existsSync(link);
  if (isPacked) symlinkSync(packedDescription, link); // node-gyp looks nowhere else
  try {
    run(process.execPath, [nodeGyp, 'configure', ...common, '--', ...warnings, ...gyp], where);
    if (command === 'configure') return;
    run(process.execPath, [nodeGyp, 'build', ...common, '--jobs=max'], where);
  } finally {
    if (isPacked) rmSync(link);
  }
}

/**
 * A folder beside build/ that shares the sources, for a build that must not touch the ordinary one.
 *
 * @param {string} name
 * @returns {string} the folder: its addon appears in build/Release below it
 */
export function shadowFolder(name) {
  const folder = path.join(root, name);
  mkdirSync(folder, { recursive: true });
  for (const shared of [description, 'native', 'package.json']) {
    const link = path.join(folder, shared);
    rmSync(link, { force: true });
    symlinkSync(path.join('..', shared), link);
  }
  return folder;
}

/** The headers that came with the running Node, if they did: otherwise node-gyp downloads them. */
function headers() {
  const nodedir = path.resolve(process.execPath, '../..');
  return existsSync(path.join(nodedir, 'include/node/node_api.h')) ? [`--nodedir=${nodedir}`] : [];
}
