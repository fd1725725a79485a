/** examples/price-feed: one publisher, subscribers that come late, and one that is slow. */

import path from 'node:path';

import { channel } from 'posix-ipc';

import { broadcastName } from '../support/broadcasts';
import { Peer } from '../support/processes';
import { waitUntil } from '../support/wait-until';

const programs = path.resolve(__dirname, '../../dist-programs/examples/price-feed');

async function start(program: string, ...args: string[]): Promise<Peer> {
  const peer = new Peer(process.execPath, [path.join(programs, program), ...args]);
  expect(await peer.line()).toBe('ready');
  return peer;
}

function line(i: number): string {
  return `ACME ${String(1000 + i)}`;
}

/** What it printed, and its last line. */
async function outputOf(peer: Peer): Promise<{ lines: string[]; sum: string | undefined }> {
  const [, ...lines] = (await peer.success()).trim().split('\n');
  return { sum: lines.pop(), lines };
}

test('who comes late begins at the oldest line that is kept, or at the newest', async () => {
  const name = broadcastName();
  const publisher = await start('publisher.js', name, '1024');
  using feed = channel.Broadcast.openSync(name);
  const early = await start('subscriber.js', name);
  const first = 100;
  for (let i = 0; i < first; i++) publisher.tell(line(i));
  await waitUntil('all are published', () => feed.statSync().published === first);
  const late = await start('subscriber.js', name, 'oldest');
  expect(await late.line()).toMatch(/^ACME/); // it has copied all that is kept
  const later = await start('subscriber.js', name, 'newest');
  publisher.tell('the last one');
  publisher.end();
  expect(await publisher.success()).toBe('ready\n');

  const kept = await outputOf(late);
  expect(kept.sum).toBe(`${String(kept.lines.length)} lines, 0 lost`);
  const count = kept.lines.length - 1;
  expect(count).toBeGreaterThan(10);
  expect(count).toBeLessThan(first);
  const expected = Array.from({ length: count }, (_, i) => line(first - count + i));
  expect(kept.lines).toEqual([...expected, 'the last one']);
  expect(await outputOf(later)).toEqual({ lines: ['the last one'], sum: '1 lines, 0 lost' });
  expect((await outputOf(early)).sum).toMatch(/^\d+ lines, \d+ lost$/);
  expect(() => channel.Broadcast.openSync(name)).toThrow(/ENOENT/);
});

test('who is slow holds up nobody, and learns what it has lost', async () => {
  const name = broadcastName();
  const publisher = await start('publisher.js', name, '1024');
  using feed = channel.Broadcast.openSync(name);
  const slow = await start('subscriber.js', name, 'newest', '20');
  const total = 500;
  for (let i = 0; i < total; i++) publisher.tell(line(i));
  publisher.end();
  await publisher.success();
  expect(feed.statSync().published).toBe(total + 1);
  const { lines, sum = '' } = await outputOf(slow);
  let next = 0;
  let lost = 0;
  for (const one of lines) {
    const gap = Number(/^\.\.\. (\d+) lost$/.exec(one)?.[1] ?? 0);
    lost += gap;
    next += gap;
    if (gap === 0) expect(one).toBe(line(next++));
  }
  expect(lost).toBeGreaterThan(0);
  expect(sum).toBe(`${String(total - lost)} lines, ${String(lost)} lost`);
});
