/** Asks for numbers, 1 by default, and prints the first of them: client [FOLDER [COUNT]]. */

import { stream } from 'posix-ipc';

import { run } from '../support/program';
import { clientPath, request, responseSize, serverPath } from './protocol';

async function ask(folder: string, count: number, signal: AbortSignal): Promise<void> {
  // Before the request: the server opens it as soon as it has read that.
  const fifo = await stream.Fifo.create(clientPath(folder, process.pid), { mode: 0o600 });
  try {
    const server = await (await stream.Fifo.open(serverPath(folder))).openWriter({ signal });
    await server.write(request(process.pid, count), { signal });
    server.close();
    const answers = await fifo.openReader({ timeout: 10_000, signal });
    for await (const answer of answers.records(responseSize, { signal }))
      console.log(answer.readInt32LE());
    answers.close();
  } finally {
    await fifo.unlink();
  }
}

run('client', async (interrupted) => {
  await ask(process.argv[2] ?? '/tmp', Number(process.argv[3] ?? 1), interrupted);
  return 0;
});
