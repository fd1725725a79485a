/**
 * Publishes each line of its input to whoever subscribes, and waits for nobody: publisher [NAME [BYTES]].
 *
 * BYTES are kept for those who come late, or are slow: a power of two. A line that is longer than BYTES - 32 is
 * left out, and told on stderr.
 */

import { createInterface } from 'node:readline';

import { channel } from 'posix-ipc';

import { run } from '../support/program';
import { END, LINE } from './protocol';

async function publishLines(publisher: channel.Publisher, signal: AbortSignal): Promise<void> {
  let number = 0;
  for await (const line of createInterface({ input: process.stdin, signal })) {
    number++;
    const bytes = Buffer.from(line);
    if (bytes.length <= publisher.maxLength) {
      publisher.publishSync(bytes, { type: LINE }); // at once: the oldest lines make room
    } else {
      const most = `${String(bytes.length)} bytes, of ${String(publisher.maxLength)} at most`;
      console.error(`publisher: line ${String(number)} is left out: ${most}`);
    }
  }
}

run('publisher', async (interrupted) => {
  const [, , name = '/price-feed', capacity = 1 << 16] = process.argv;
  using feed = await channel.Broadcast.openOrCreate(name, { capacity: Number(capacity) });
  using publisher = feed.publisher(); // EBUSY: another one publishes
  console.log('ready');
  try {
    await publishLines(publisher, interrupted);
  } finally {
    publisher.publishSync('', { type: END });
    await feed.unlink(); // who has it open receives on
  }
  interrupted.throwIfAborted();
  return 0;
});
