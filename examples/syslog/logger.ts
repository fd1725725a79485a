/** Logs each line of its standard input: logger [TAG [SOCKET]]. */

import { createInterface } from 'node:readline';

import { messageOf } from '../support/program';
import { SystemLog } from './system-log';

async function main(tag: string, path: string | undefined): Promise<void> {
  using log = await SystemLog.open(tag, path);
  for await (const line of createInterface(process.stdin)) await log.log('notice', line);
}

main(process.argv[2] ?? 'logger', process.argv[3]).catch((error: unknown) => {
  console.error(`logger: ${messageOf(error)}`);
  process.exitCode = 1;
});
