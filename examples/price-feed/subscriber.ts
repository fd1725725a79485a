/**
 * Prints what is published, until the publisher has no more: subscriber [NAME [oldest|newest [PAUSE]]].
 *
 * `oldest`: begins with what is kept, and so does who comes late. PAUSE: milliseconds of work for each
 * line. One that is too slow holds up nobody: it loses lines, and is told how many. Where the publisher goes
 * without a word, as one that is killed does, it says so, and fails.
 */

import { setTimeout as sleep } from 'node:timers/promises';

import { channel, SystemError } from 'posix-ipc';

import { run, UsageError } from '../support/program';
import { END } from './protocol';

/** Milliseconds without a message, after which it looks whether anybody publishes. */
const look = 200;

/** Only that there is none yet. */
function noFeed(name: string, error: unknown): unknown {
  const isMissing = error instanceof SystemError && error.code === 'ENOENT';
  return isMissing ? new Error(`there is no publisher at '${name}'`, { cause: error }) : error;
}

/** undefined: there was none for a while. */
async function next(
  subscriber: channel.Subscriber,
  signal: AbortSignal,
): Promise<channel.BroadcastMessage | undefined> {
  try {
    return await subscriber.receive({ timeout: look, signal });
  } catch (error) {
    if (error instanceof SystemError && error.code === 'ETIMEDOUT') return undefined;
    throw error;
  }
}

/** All that comes, to the last one of a publisher that goes. */
async function* messages(
  feed: channel.Broadcast,
  subscriber: channel.Subscriber,
  signal: AbortSignal,
): AsyncGenerator<channel.BroadcastMessage> {
  for (;;) {
    let message = await next(subscriber, signal);
    if (message === undefined) {
      if (feed.statSync().publisher !== undefined) continue;
      message = subscriber.tryReceive(); // published since, by one that went then
      if (message === undefined) return;
    }
    yield message;
  }
}

function parse([name = '/price-feed', from = 'newest', pause = '0']: readonly string[]): {
  name: string;
  from: 'oldest' | 'newest';
  pause: number;
} {
  const isFrom = from === 'oldest' || from === 'newest';
  if (!isFrom || !(Number(pause) >= 0)) {
    throw new UsageError('usage: subscriber [NAME [oldest|newest [MILLISECONDS]]]');
  }
  return { name, from, pause: Number(pause) };
}

run('subscriber', async (interrupted) => {
  const { name, from, pause } = parse(process.argv.slice(2));
  using feed = await channel.Broadcast.open(name).catch((error: unknown) => {
    throw noFeed(name, error);
  });
  using subscriber = feed.subscribe({ from });
  console.log('ready');
  let lines = 0;
  let ended = false;
  for await (const { type, data, lost } of messages(feed, subscriber, interrupted)) {
    if (lost > 0) console.log(`... ${String(lost)} lost`);
    ended = type === END;
    if (ended) break;
    console.log(data.toString());
    lines++;
    if (pause > 0) await sleep(pause, undefined, { signal: interrupted });
  }
  console.log(`${String(lines)} lines, ${String(subscriber.lost)} lost`);
  if (!ended)
    console.error('subscriber: the publisher has gone, and has not said that it has no more');
  return ended ? 0 : 1;
});
