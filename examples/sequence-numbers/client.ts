/** Asks for numbers, 1 by default, and prints the first of them: client [FOLDER [COUNT]]. */

import { stream } from 'posix-ipc';

import { run, UsageError } from '../support/program';
import { clientPath, mostNumbers, request, responseSize, serverPath } from './protocol';

/** Answers the first of them. */
async function ask(folder: string, count: number, signal: AbortSignal): Promise<number> {
  // Before the request: the server opens it as soon as it has read that.
  const fifo = await stream.Fifo.create(clientPath(folder, process.pid), { mode: 0o600 });
  try {
    const server = await (await stream.Fifo.open(serverPath(folder))).openWriter({ signal });
    await server.write(request(process.pid, count), { signal });
    server.close();
    using answers = await fifo.openReader({ timeout: 10_000, signal });
    for await (const answer of answers.records(responseSize, { signal }))
      return answer.readInt32LE();
    throw new Error(`the server has no ${String(count)} numbers left`);
  } finally {
    await fifo.unlink();
  }
}

run('client', async (interrupted) => {
  const [, , folder = '/tmp', text = '1'] = process.argv;
  const count = Number(text);
  // The server answers no other: nobody waits for that.
  if (!(Number.isInteger(count) && count > 0 && count <= mostNumbers))
    throw new UsageError('usage: client [FOLDER [COUNT]]');
  console.log(await ask(folder, count, interrupted));
  return 0;
});
