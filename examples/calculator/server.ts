/**
 * Calculates for all who call, side by side: server [NAME]. SIGTERM ends it.
 *
 * A client puts its pid into the queue of that name. Then each of the two names the other by its pid: so
 * no client meets another one, and each has a duplex of its own. A second server ends at once.
 */

import { setMaxListeners } from 'node:events';

import { channel, lock, posix } from 'posix-ipc';

import { messageOf, run } from '../support/program';
import { calculate } from './calculate';
import { patience, pidFileOf, queueOptions, usualName } from './protocol';

async function serve(pid: number, signal: AbortSignal): Promise<void> {
  using client = await channel.direct(pid, { timeout: patience, signal });
  client.onRequest(({ data }) => calculate(data.toString())); // what it throws the client gets
  await client.ended({ signal }); // closed, exited or killed
}

async function serveAll(callers: posix.MessageQueue, interrupted: AbortSignal): Promise<void> {
  for await (const { data } of callers.messages({ signal: interrupted })) {
    const pid = data.toString();
    serve(Number(pid), interrupted).catch((error: unknown) => {
      // One that called a server that was killed, or has been killed since, is no more.
      if (!interrupted.aborted) console.error(`server: client ${pid}: ${messageOf(error)}`);
    });
  }
}

run('server', async (interrupted) => {
  const name = process.argv[2] ?? usualName;
  setMaxListeners(0, interrupted); // each client's: Node would warn of more than ten
  using pidFile = await lock.PidFile.create(pidFileOf(name));
  using callers = await posix.MessageQueue.openOrCreate(name, queueOptions);
  console.log(`ready, ${pidFile.path}`);
  try {
    await serveAll(callers, interrupted);
  } catch (error) {
    if (!interrupted.aborted) throw error;
  } finally {
    await callers.unlink();
  }
  return 0;
});
