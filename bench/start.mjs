// @ts-check
// Installs what the rivals need, compiles, and runs the benchmark with the arguments as they are.
//   --no-install   as it is: a rival that is not installed is reported as such
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Failure, isInstalled, main, root, run, tool } from '../scripts/support/run.mjs';

const folder = path.join(root, 'bench');

/** What npm writes when it has come to its end. */
const INSTALLED = 'node_modules/.package-lock.json';

/** A rival that is missing afterwards is reported as such: the others are measured. */
function installRivals() {
  try {
    run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(`posix-ipc: rivals are not installed: ${error.message}`);
  }
}

await main(async () => {
  const args = process.argv.slice(2).filter((arg) => arg !== '--no-install');
  const isToInstall = args.length === process.argv.length - 2;
  const asksForHelp = args.some((arg) => arg === '--help' || arg === '-h');
  if (isToInstall && !asksForHelp && !existsSync(path.join(folder, INSTALLED))) installRivals();
  if (!existsSync(path.join(root, 'dist/index.js'))) {
    throw new Failure('the package is not built: run `npm install` in its folder first');
  }
  if (!asksForHelp && !isInstalled('cc')) {
    throw new Failure('the C programs beside every row need a C compiler named cc');
  }
  run(process.execPath, [tool('tsc'), '--project', path.join(folder, 'tsconfig.build.json')]);
  process.argv.splice(2, Infinity, ...args);
  // npm runs this in the package's folder; the names of files are those of the folder in which it was called.
  process.chdir(process.env['INIT_CWD'] ?? '.');
  await import(pathToFileURL(path.join(root, 'dist-programs/bench/main.js')).href);
});
