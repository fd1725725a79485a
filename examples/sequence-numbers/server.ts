/**
 * Hands out numbers, each once: server [FOLDER].
 *
 * Clients write requests into one FIFO that all know; each reads its answer from a FIFO of its own.
 */

import { stream } from 'posix-ipc';

import { run } from '../support/program';
import { clientPath, readRequest, requestSize, response, serverPath } from './protocol';

/** A client that does not open its FIFO must not cost a thread for ever. */
const patience = 5000;

async function answer(folder: string, pid: number, first: number): Promise<void> {
  const fifo = await stream.Fifo.open(clientPath(folder, pid));
  const client = await fifo.openWriter({ timeout: patience });
  await client.write(response(first), { timeout: patience });
  client.close();
}

run('server', async (interrupted) => {
  const folder = process.argv[2] ?? '/tmp';
  const fifo = await stream.Fifo.openOrCreate(serverPath(folder), { mode: 0o622 });
  // keepOpen: it would see the end whenever the last client goes.
  const requests = await fifo.openReader({ keepOpen: true });
  interrupted.addEventListener('abort', () => {
    requests.close();
  });
  console.log('ready');
  let next = 0;
  for await (const bytes of requests.records(requestSize)) {
    const { pid, count } = readRequest(bytes);
    if (pid <= 0 || count <= 0) continue;
    answer(folder, pid, next).catch((error: unknown) => {
      console.error(`client ${String(pid)}: ${String(error)}`);
    });
    next += count;
  }
  await fifo.unlink();
  return 0;
});
