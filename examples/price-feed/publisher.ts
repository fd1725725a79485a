/**
 * Publishes each line of its input to whoever subscribes, and waits for nobody: publisher [NAME [BYTES]].
 *
 * BYTES are kept for those who come late, or are slow: a power of two.
 */

import { createInterface } from 'node:readline';

import { channel } from 'posix-ipc';

import { END, LINE } from './protocol';

async function main(name: string, capacity: number): Promise<void> {
  using feed = await channel.Broadcast.openOrCreate(name, { capacity });
  using publisher = feed.publisher();
  console.log('ready');
  for await (const line of createInterface({ input: process.stdin })) {
    publisher.publishSync(line, { type: LINE }); // at once: the oldest lines make room
  }
  publisher.publishSync('', { type: END });
  await feed.unlink(); // who has it open receives on
}

void main(process.argv[2] ?? '/price-feed', Number(process.argv[3] ?? 1 << 16));
