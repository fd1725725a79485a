/** How processes and workers end that take part in a broadcast whose publisher waits. */

import type { channel } from 'posix-ipc';

import { makeBroadcast } from '../../support/broadcasts';
import { startNode, type Ended } from '../../support/processes';
import { soon, waitUntil } from '../../support/wait-until';

const capacity = 1024;
const message = '12345678';

function make(): channel.Broadcast {
  return makeBroadcast({ capacity, full: 'wait' });
}

function end(name: string, way: string, ...more: string[]): Promise<Ended> {
  return soon(way, startNode('broadcast-ends', [name, way, ...more]).ended);
}

/** One that receives nothing, so that the publisher has to wait. */
function withSlow(): { one: channel.Broadcast; slow: channel.Subscriber } {
  const one = make();
  return { one, slow: one.subscribe() };
}

test('process.exit() of a publisher that waits: what it had published stays', async () => {
  const { one, slow } = withSlow();
  expect(await end(one.name, 'exit while waiting')).toMatchObject({
    code: 7,
    stdout: '',
    stderr: '',
  });
  const { published, publisher } = one.statSync();
  expect(publisher).toBeUndefined();
  expect(slow.forEach(() => undefined)).toBe(published);
  one.publisher().publishSync('from the next');
  expect(slow.receiveSync().data.toString()).toBe('from the next');
});

test.each(['adaptive', 'block', 'spin'])(
  'a wait for room that is unref(), before or meanwhile, does not keep the process alive: %s',
  async (waiting) => {
    const { one } = withSlow();
    for (const way of ['unref before waiting', 'unref while waiting']) {
      const ended = await end(one.name, way, waiting);
      expect(ended).toMatchObject({ code: 0, stdout: '', stderr: '' });
    }
  },
);

test('a wait for room keeps the process alive', async () => {
  const { one, slow } = withSlow();
  const peer = startNode('broadcast-ends', [one.name, 'wait']);
  expect(await peer.line()).toBe('waits');
  await waitUntil('it sleeps', () => one.statSync().publisherSleeps);
  slow.forEach(() => undefined);
  expect(await peer.success()).toBe('waits\npublished\n');
});

test('a worker that is terminated while it is blocked leaves the role free', async () => {
  const { one, slow } = withSlow();
  expect(await end(one.name, 'publisher is terminated while blocked')).toMatchObject({
    code: 0,
    stdout: 'free\n',
    stderr: '',
  });
  expect(slow.forEach(() => undefined)).toBe(one.statSync().published);
});

test('a subscriber whose worker is terminated holds nobody up any more', async () => {
  expect(await end(make().name, 'subscriber is terminated', 'block')).toMatchObject({
    code: 0,
    stdout: 'published\n',
    stderr: '',
  });
});

test.each([
  ['process.exit()', 'subscribe', 7],
  ['the natural end', 'subscribe, and come to an end', 0],
  ['SIGKILL', 'subscribe', null],
])('a subscriber that ends by %s holds nobody up any more', async (how, way, code) => {
  const one = make();
  const peer = startNode('broadcast-ends', [one.name, way]);
  expect(await peer.line()).toBe('ready');
  const publisher = one.publisher();
  while (publisher.tryPublish(message));
  const waiting = publisher.publish(message);
  await waitUntil('it sleeps', () => one.statSync().publisherSleeps);
  if (how === 'SIGKILL') peer.kill('SIGKILL');
  else peer.tell('end');
  expect(await soon('its end', peer.ended)).toMatchObject({ code, stderr: '' });
  await soon('the publisher goes on', waiting);
  expect(one.statSync().subscribers).toEqual([]);
});
