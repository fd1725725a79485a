/** Sends a file through every transport to every peer, and shows in a table how that went. */
import { run } from '../support/program';
import { USAGE, inspectFile, parseCommandLine } from './options';
import { transferAll } from './transfer-all';

run('file-transfer', async (interrupted) => {
  const requested = parseCommandLine(process.argv.slice(2));
  if (requested === undefined) {
    console.log(USAGE);
    return 0;
  }
  const file = await inspectFile(requested.file);
  return (await transferAll(file, requested.transports, interrupted)) ? 0 : 1;
});
