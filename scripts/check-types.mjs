// @ts-check
// tsc --noEmit over everything; bench/ has a project of its own.
import { main, run, tool } from './support/run.mjs';

await main(() => {
  for (const project of ['.', 'bench']) {
    run(process.execPath, [tool('tsc'), '--noEmit', '--project', project]);
  }
});
