// @ts-check
// Compiles lib/ into dist/ (types from tsc, JavaScript from the bundler, ESM entries), and the examples
// and test fixtures into dist-programs/.
//   --clean   starts from empty folders, so that nothing is left of a source that is gone
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { addonPath } from './support/addon.mjs';
import { bundle } from './support/bundle.mjs';
import { writeEsmEntry } from './support/esm.mjs';
import { Failure, main, root, run, tool } from './support/run.mjs';

/** The public modules, in lib/ and in dist/. */
const ENTRIES = ['index', 'syscalls'];

/** Beside them, the program: nothing imports it. */
const PROGRAM = 'cli';

await main(async () => {
  const { values } = parseArgs({ options: { clean: { type: 'boolean' } } });
  if (!existsSync(addonPath)) {
    throw new Failure(
      'the ESM entries are made from the loaded module: run `npm run build:addon` first',
    );
  }
  if (values.clean) {
    for (const folder of ['dist', 'dist-programs'])
      rmSync(path.join(root, folder), { recursive: true, force: true });
  }
  run(process.execPath, [tool('tsc'), '--project', 'tsconfig.build.json']);
  const dist = path.join(root, 'dist');
  await bundle(path.join(root, 'lib'), ENTRIES, PROGRAM, dist);
  for (const entry of ENTRIES) writeEsmEntry(dist, entry);
  run(process.execPath, [tool('tsc'), '--project', 'tsconfig.programs.json']);
});
