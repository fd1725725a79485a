/** Asks for numbers, 1 by default, and prints the first of them: client [FOLDER [COUNT]]. */

import { stream } from 'posix-ipc';

import { clientPath, request, responseSize, serverPath } from './protocol';

async function main(folder: string, count: number): Promise<void> {
  // Before the request: the server opens it as soon as it has read that.
  const fifo = await stream.Fifo.create(clientPath(folder, process.pid), { mode: 0o600 });
  try {
    const server = await (await stream.Fifo.open(serverPath(folder))).openWriter();
    await server.write(request(process.pid, count));
    server.close();
    const answers = await fifo.openReader({ timeout: 10_000 });
    for await (const answer of answers.records(responseSize)) console.log(answer.readInt32LE());
    answers.close();
  } finally {
    await fifo.unlink();
  }
}

void main(process.argv[2] ?? '/tmp', Number(process.argv[3] ?? 1));
