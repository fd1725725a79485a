/**
 * Prints what is published, until the publisher has no more: subscriber [NAME [oldest|newest [PAUSE]]].
 *
 * `oldest`: begins with what is kept, and so does who comes late. PAUSE: milliseconds of work for each
 * line. One that is too slow holds up nobody: it loses lines, and is told how many.
 */

import { setTimeout as sleep } from 'node:timers/promises';

import { channel } from 'posix-ipc';

import { END } from './protocol';

async function main(name: string, from: 'oldest' | 'newest', pause: number): Promise<void> {
  using feed = await channel.Broadcast.open(name);
  using subscriber = feed.subscribe({ from });
  console.log('ready');
  let lines = 0;
  for await (const { type, data, lost } of subscriber) {
    if (lost > 0) console.log(`... ${String(lost)} lost`);
    if (type === END) break;
    console.log(data.toString());
    lines++;
    if (pause > 0) await sleep(pause);
  }
  console.log(`${String(lines)} lines, ${String(subscriber.lost)} lost`);
}

const [, , name = '/price-feed', from = 'newest', pause = '0'] = process.argv;
void main(name, from === 'oldest' ? 'oldest' : 'newest', Number(pause));
