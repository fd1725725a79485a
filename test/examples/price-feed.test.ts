/** examples/price-feed: one publisher, subscribers that come late, and one that is slow. */

import path from 'node:path';

import { channel } from 'posix-ipc';

import { broadcastName, makeBroadcast } from '../support/broadcasts';
import { Peer, type Ended } from '../support/processes';
import { soon, waitUntil } from '../support/wait-until';

const programs = path.resolve(__dirname, '../../dist-programs/examples/price-feed');

function startUnready(program: string, ...args: string[]): Peer {
  return new Peer(process.execPath, [path.join(programs, program), ...args]);
}

async function start(program: string, ...args: string[]): Promise<Peer> {
  const peer = startUnready(program, ...args);
  expect(await peer.line()).toBe('ready');
  return peer;
}

function line(i: number): string {
  return `ACME ${String(1000 + i)}`;
}

function endOf(peer: Peer): Promise<Ended> {
  return soon('its end', peer.ended);
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

const gone = 'subscriber: the publisher has gone, and has not said that it has no more\n';

test('a line that is too long is left out and told, and the others are published', async () => {
  const name = broadcastName();
  const publisher = await start('publisher.js', name, '1024');
  const subscriber = await start('subscriber.js', name);
  for (const one of ['first', 'x'.repeat(992), 'y'.repeat(993), 'é'.repeat(497), 'last']) {
    publisher.tell(one);
  }
  publisher.end();
  const { code, stderr } = await endOf(publisher);
  expect(stderr).toBe(
    'publisher: line 3 is left out: 993 bytes, of 992 at most\n' +
      'publisher: line 4 is left out: 994 bytes, of 992 at most\n',
  );
  expect(code).toBe(0);
  const { lines, sum = '' } = await outputOf(subscriber);
  expect(lines.at(-1)).toBe('last');
  expect(lines.join()).not.toMatch(/[yé]/);
  expect(sum).toMatch(/^\d lines, \d lost$/);
  expect(() => channel.Broadcast.openSync(name)).toThrow(/ENOENT/);
});

test('a publisher that is interrupted says that it has no more, and removes the name', async () => {
  const name = broadcastName();
  const publisher = await start('publisher.js', name);
  const subscriber = await start('subscriber.js', name);
  publisher.kill('SIGTERM');
  expect(await endOf(publisher)).toMatchObject({ signal: 'SIGTERM' });
  expect(await outputOf(subscriber)).toEqual({ lines: [], sum: '0 lines, 0 lost' });
  expect(() => channel.Broadcast.openSync(name)).toThrow(/ENOENT/);
});

test('a second publisher is told so, and the first goes on', async () => {
  const name = broadcastName();
  const publisher = await start('publisher.js', name);
  const subscriber = await start('subscriber.js', name);
  const { code, stdout, stderr } = await endOf(startUnready('publisher.js', name));
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^publisher: EBUSY: .*\n$/);
  publisher.tell('one');
  publisher.end();
  await publisher.success();
  expect(await outputOf(subscriber)).toEqual({ lines: ['one'], sum: '1 lines, 0 lost' });
});

test('a subscriber is told that nobody publishes there, and of a mistyped word', async () => {
  const name = broadcastName();
  expect(await endOf(startUnready('subscriber.js', name))).toMatchObject({
    code: 1,
    stdout: '',
    stderr: `subscriber: there is no publisher at '${name}'\n`,
  });
  for (const args of [['oldst'], ['oldest', 'soon']]) {
    expect(await endOf(startUnready('subscriber.js', name, ...args))).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^subscriber: usage: .*\n$/) as string,
    });
  }
});

test('who subscribes when the last message was published does not wait for ever', async () => {
  const feed = makeBroadcast();
  const publisher = feed.publisher();
  publisher.publishSync('', { type: 1 });
  const late = await start('subscriber.js', feed.name);
  publisher.close();
  const { code, stdout, stderr } = await endOf(late);
  expect({ code, stdout, stderr }).toEqual({
    code: 1,
    stdout: 'ready\n0 lines, 0 lost\n',
    stderr: gone,
  });
});

test('the subscriber of a publisher that is killed prints what it had published, and is told', async () => {
  const name = broadcastName();
  const publisher = await start('publisher.js', name);
  const subscriber = await start('subscriber.js', name);
  publisher.tell('one');
  expect(await subscriber.line()).toBe('one');
  publisher.kill('SIGKILL');
  const { code, stdout, stderr } = await endOf(subscriber);
  channel.Broadcast.unlinkSync(name);
  expect({ code, stdout, stderr }).toEqual({
    code: 1,
    stdout: 'ready\none\n1 lines, 0 lost\n',
    stderr: gone,
  });
});
