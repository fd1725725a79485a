/** How processes and workers end that have an end of a channel. */

import type { Ended, Peer } from '../support/processes';
import { makeChannel } from '../support/channels';
import { startNode } from '../support/processes';
import { soon, waitUntil } from '../support/wait-until';

const capacity = 4096;

function end(name: string, way: string, ...more: string[]): Promise<Ended> {
  return soon(way, startNode('channel-ends', [name, way, ...more]).ended);
}

test('process.exit() publishes what was sent', async () => {
  const one = makeChannel({ capacity });
  expect(await end(one.name, 'exit after sending')).toMatchObject({ code: 7, stderr: '' });
  expect(one.statSync()).toMatchObject({ depth: 10, sender: undefined });
  const receiver = one.receiver();
  for (let i = 0; i < 10; i++) expect(receiver.receiveSync().type).toBe(i);
});

test('what is sent by a listener to exit is published', async () => {
  const one = makeChannel({ capacity });
  expect(await end(one.name, 'send at exit')).toMatchObject({ code: 7, stderr: '' });
  expect(one.statSync()).toMatchObject({ depth: 20, sender: undefined });
});

test.each(['send first at exit', 'receive first at exit'])(
  'what is first done at exit, by a listener that was there before, is published: %s',
  async (way) => {
    const one = makeChannel({ capacity });
    using sender = one.sender();
    if (way.startsWith('receive')) sender.sendManySync(Array<string>(10).fill('x'));
    sender.close();
    expect(await end(one.name, way)).toMatchObject({ code: 7, stderr: '' });
    expect(one.statSync().depth).toBe(way.startsWith('receive') ? 5 : 10);
  },
);

test.each(['receiver', 'sender'] as const)(
  'a %s that is killed asleep sleeps no more',
  async (who) => {
    const one = makeChannel({ capacity });
    const does = who === 'receiver' ? 'receive' : 'hold';
    const peer = startNode('channel-peer', [one.name, does, '9', 'promise', 'block']);
    await waitUntil('it sleeps', () => one.statSync()[`${who}Sleeps`]);
    peer.kill('SIGKILL');
    await peer.ended;
    expect(one.statSync()).toMatchObject({ [who]: undefined, [`${who}Sleeps`]: false });
  },
);

test('process.exit() while a promise waits', async () => {
  const one = makeChannel({ capacity });
  expect(await end(one.name, 'exit while waiting')).toMatchObject({ code: 7, stderr: '' });
  expect(one.statSync().receiver).toBeUndefined();
});

test.each(['adaptive', 'block', 'spin'])(
  'a wait of an end that is unref(), before or meanwhile, does not keep the process alive: %s',
  async (waiting) => {
    const one = makeChannel({ capacity });
    for (const way of ['unref before waiting', 'unref while waiting']) {
      expect(await end(one.name, way, waiting)).toMatchObject({ code: 0, stderr: '' });
    }
  },
);

test('a wait keeps the process alive', async () => {
  const one = makeChannel({ capacity });
  const peer: Peer = startNode('channel-ends', [one.name, 'wait']);
  expect(await peer.line()).toBe('waits');
  one.sender().sendSync('at last');
  expect(await peer.success()).toBe('waits\nat last\n');
});

test('a worker that ends publishes what it sent', async () => {
  const one = makeChannel({ capacity });
  expect(await end(one.name, 'worker sends, and ends')).toMatchObject({ code: 0, stderr: '' });
  expect(one.receiver().forEach(() => undefined)).toBe(10);
});

test('a worker that is terminated while it is blocked leaves its role free', async () => {
  const one = makeChannel({ capacity });
  const ended = await end(one.name, 'worker is terminated while blocked');
  expect(ended).toMatchObject({ code: 0, stdout: 'free\n', stderr: '' });
});
