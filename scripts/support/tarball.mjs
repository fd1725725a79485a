// @ts-check
import path from 'node:path';
import { output, readManifest, root } from './run.mjs';

/** The tarball that `npm run package` makes. */
export function releasePath() {
  const { name, version } = readManifest();
  return path.join(root, 'release', `${name}-${version}.tgz`);
}

/**
 * Packs a folder as it is: nothing is built.
 *
 * @param {string} folder
 * @param {string} destination
 * @returns {string} the tarball
 */
export function pack(folder, destination) {
  const where = ['--pack-destination', destination];
  const printed = output('npm', ['pack', '--ignore-scripts', '--silent', ...where], {
    cwd: folder,
  });
  return path.join(destination, printed.trim());
}
