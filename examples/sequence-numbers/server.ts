/**
 * Hands out numbers, each once: server [FOLDER]. A second one of a folder ends at once: each would count from 0 on.
 *
 * Clients write requests into one FIFO that all know; each reads its answer from a FIFO of its own.
 */

import { lock, stream } from 'posix-ipc';

import { run } from '../support/program';
import {
  clientPath,
  mostNumbers,
  pidFilePath,
  readRequest,
  requestSize,
  response,
  serverPath,
} from './protocol';

/** A client that does not open its FIFO must not cost a thread for ever. */
const patience = 5000;

/** `undefined`: there are no such numbers left, and the client sees the end at once. */
async function answer(folder: string, pid: number, first: number | undefined): Promise<void> {
  const fifo = await stream.Fifo.open(clientPath(folder, pid));
  using client = await fifo.openWriter({ timeout: patience });
  if (first !== undefined) await client.write(response(first), { timeout: patience });
}

run('server', async (interrupted) => {
  const folder = process.argv[2] ?? '/tmp';
  using pidFile = await lock.PidFile.create(pidFilePath(folder));
  const fifo = await stream.Fifo.openOrCreate(serverPath(folder), { mode: 0o622 });
  // keepOpen: it would see the end whenever the last client goes.
  const requests = await fifo.openReader({ keepOpen: true });
  interrupted.addEventListener('abort', () => {
    requests.close();
  });
  console.log(`ready, ${pidFile.path}`);
  let next = 0;
  for await (const bytes of requests.records(requestSize)) {
    const { pid, count } = readRequest(bytes);
    if (pid <= 0 || count <= 0) continue;
    // From 0 on: the last of them has to be an int, too.
    const enough = next + count - 1 <= mostNumbers;
    answer(folder, pid, enough ? next : undefined).catch((error: unknown) => {
      console.error(`client ${String(pid)}: ${String(error)}`);
    });
    if (enough) next += count;
  }
  await fifo.unlink();
  return 0;
});
