/** Who is killed after it has changed a bell, and before it has woken anybody. */

import { makeBroadcast } from '../support/broadcasts';
import { makeChannel } from '../support/channels';
import { startNode } from '../support/processes';
import { soon, waitUntil } from '../support/wait-until';

async function killed(what: string, name: string, stores: number): Promise<void> {
  const peer = startNode('killed-ringing', [what, name, String(stores)]);
  expect(await soon('its end', peer.ended)).toMatchObject({ signal: 'SIGKILL', stderr: '' });
}

test('a sender that is killed while it takes its role does not keep the receiver asleep', async () => {
  const one = makeChannel({ waiting: 'block' });
  using receiver = one.receiver();
  const next = receiver.receive();
  await waitUntil('it sleeps', () => one.statSync().receiverSleeps);
  await killed('channel', one.name, 1);
  using sender = one.sender();
  sender.sendSync('lives');
  expect((await soon('the message', next)).data.toString()).toBe('lives');
});

test('a sender that is killed while it rings: the kernel rings for it', async () => {
  const one = makeChannel({ waiting: 'block' });
  using receiver = one.receiver();
  const next = receiver.receive();
  await waitUntil('it sleeps', () => one.statSync().receiverSleeps);
  await killed('channel', one.name, 2);
  expect((await soon('the message', next)).data.toString()).toBe('killed');
});

test('the same of a publisher, and all subscribers', async () => {
  const one = makeBroadcast({ waiting: 'block' });
  using first = one.subscribe();
  using second = one.subscribe();
  const both = [first.receive(), second.receive()];
  await killed('broadcast', one.name, 1);
  await killed('broadcast', one.name, 2);
  const messages = await soon('the messages', Promise.all(both));
  expect(messages.map(({ data }) => data.toString())).toEqual(['killed', 'killed']);
});
