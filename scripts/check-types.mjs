// @ts-check
// tsc --noEmit over everything, and over bench/ where its packages are installed.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { main, root, run, tool } from './support/run.mjs';

await main(() => {
  run(process.execPath, [tool('tsc'), '--noEmit']);
  const bench = ['tsconfig.json', 'node_modules'].map((name) => path.join(root, 'bench', name));
  if (bench.every((file) => existsSync(file))) {
    run(process.execPath, [tool('tsc'), '--noEmit', '--project', 'bench']);
  }
});
