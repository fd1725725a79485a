// @ts-check
// Makes the tarball that is published: release/posix-ipc-VERSION.tgz, with a prebuilt addon in it.
//   --add FOLDER   also takes the prebuilt addons of other machines: FOLDER/linux-arm64/posix_ipc.node …
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { addonPath, description, packedDescription, prebuiltPath } from './support/addon.mjs';
import { Failure, main, output, readManifest, root, run } from './support/run.mjs';
import { pack } from './support/tarball.mjs';

const FROM_SOURCE = 'build:from-source';

await main(() => {
  const { values } = parseArgs({ options: { add: { type: 'string' } } });
  run(process.execPath, [path.join(root, 'scripts/build-addon.mjs')]);
  run(process.execPath, [path.join(root, 'scripts/build-ts.mjs'), '--clean']);
  const temporary = mkdtempSync(path.join(tmpdir(), 'posix-ipc-package-'));
  try {
    // Unpacked again to add the binary: in the repository, the loader would prefer it to build/.
    run('tar', ['-xzf', pack(root, temporary), '-C', temporary]);
    const stage = path.join(temporary, 'package');
    writeManifest(path.join(stage, 'package.json'));
    renameSync(path.join(stage, description), path.join(stage, packedDescription));
    if (values.add !== undefined) {
      cpSync(values.add, path.join(stage, 'prebuilds'), { recursive: true });
    }
    const prebuilt = path.join(stage, prebuiltPath);
    mkdirSync(path.dirname(prebuilt), { recursive: true });
    run('strip', ['-o', prebuilt, addonPath]);
    const release = path.join(root, 'release');
    mkdirSync(release, { recursive: true });
    console.log(
      `${path.relative(root, pack(stage, release))}: needs glibc ${newestGlibc(prebuilt)}`,
    );
  } finally {
    rmSync(temporary, { recursive: true });
  }
});

/**
 * The package's own: of the scripts, it holds what one of them needs. npm warns whoever installs a tarball that has `prepare`,
 * and runs that where it is allowed to.
 *
 * @param {string} file
 */
function writeManifest(file) {
  const manifest = readManifest();
  const scripts = { [FROM_SOURCE]: manifest.scripts[FROM_SOURCE] };
  writeFileSync(file, `${JSON.stringify({ ...manifest, scripts }, undefined, 2)}\n`);
}

/**
 * The oldest C library that a binary can be loaded with.
 *
 * @param {string} file
 */
function newestGlibc(file) {
  const versions = output('objdump', ['-T', file]).matchAll(/GLIBC_2\.(\d+)/g);
  const minors = Array.from(versions, ([, minor]) => Number(minor));
  if (minors.length === 0) throw new Failure(`${file} names no version of glibc`);
  return `2.${String(Math.max(...minors))}`;
}
