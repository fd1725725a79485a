/** What `npm start` shows: a file that goes through every transport, and a mutex whose owners are killed. */
import { count } from './crash-safe-counter/count';
import { USAGE, inspectFile, parseCommandLine } from './file-transfer/options';
import { transferAll } from './file-transfer/transfer-all';
import { run } from './support/program';

const SECONDS = 3;

run('npm start', async (interrupted) => {
  const requested = parseCommandLine(process.argv.slice(2));
  if (requested === undefined) {
    console.log(USAGE);
    return 0;
  }
  const file = await inspectFile(requested.file);
  const arrived = await transferAll(file, requested.transports, interrupted);
  const counted = requested.isChoice || (await count(SECONDS, interrupted));
  return arrived && counted ? 0 : 1;
});
