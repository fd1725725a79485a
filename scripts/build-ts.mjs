// @ts-check
// Compiles lib/ into dist/, with its ESM entries, and the examples and test fixtures into dist-programs/.
//   --clean   starts from empty folders, so that nothing is left of a source that is gone
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { addonPath } from './support/addon.mjs';
import { writeEsmEntry } from './support/esm.mjs';
import { Failure, main, root, run, tool } from './support/run.mjs';

await main(() => {
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
  for (const entry of ['index', 'syscalls']) writeEsmEntry(path.join(root, 'dist'), entry);
  run(process.execPath, [tool('tsc'), '--project', 'tsconfig.programs.json']);
});
