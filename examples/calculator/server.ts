/**
 * Calculates for one client after the other: server [NAME]. SIGTERM ends it.
 *
 * A duplex is between two: when its client is gone it meets the next one at the same name. A client that
 * comes meanwhile is refused, EBUSY, and tries again.
 */

import { channel } from 'posix-ipc';

import { calculate } from './calculate';

async function serve(name: string, signal: AbortSignal): Promise<void> {
  using client = await channel.direct(name, { signal });
  client.onRequest(({ data }) => calculate(data.toString())); // what it throws the client gets
  await client.ended({ signal }); // closed, exited or killed
}

async function main(name: string): Promise<void> {
  const stop = new AbortController();
  process.once('SIGTERM', () => {
    stop.abort();
  });
  console.log('ready');
  try {
    for (;;) await serve(name, stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
}

void main(process.argv[2] ?? '/calculator');
