/** Thousands of messages through a queue that holds few of them. */

import { untilBlockedIn } from '../support/blocked';
import { temporaryQueue } from '../support/queues';
import { soon, waitUntil } from '../support/wait-until';
import {
  MessagePeer,
  directions,
  firstDifference,
  forms,
  shown,
  startPair,
  type Form,
  type Language,
} from './message-peer';
import { fitting, series } from './series';

const count = 2000;
const capacity = 2048;
const lines = series(count).map(({ type, data }) => shown(type, data));

const rows = directions.flatMap(([name, from, to]) =>
  forms.map((form): [string, Form, Language, Language] => [name, form, from, to]),
);

test.each(rows)(
  '%s, %s: in order, and the sender waits for room',
  async (_name, form, from, to) => {
    const { sender, receiver, queue } = await startPair(from, to, { maxBytes: capacity });
    sender.tell('flood', form, count);
    await waitUntil('the queue is full', () => queue.statSync().messages === fitting(capacity));
    const polls = form === 'try' && from === 'Node';
    if (!polls) await untilBlockedIn('msgsnd', sender.peer.pid, queue.id);
    receiver.awaits(form, { count });
    expect(firstDifference(await receiver.lines(count), lines)).toBeUndefined();
    expect(await sender.peer.line()).toBe('sent');
    expect(queue.statSync().messages).toBe(0);
  },
);

describe.each<Language>(['Node', 'C'])('both ways at once, with %s', (language) => {
  test('what comes back is what was sent, in order', async () => {
    const there = temporaryQueue({ maxBytes: capacity });
    const back = temporaryQueue({ maxBytes: capacity });
    const peer = await MessagePeer.start(language, there.id);
    peer.tell('echo', 'promise', count, back.id);
    const sent = Promise.all(series(count).map(({ type, data }) => there.send(data, { type })));
    const returned: string[] = [];
    for await (const { type, data } of back.messages({ timeout: 30_000 })) {
      if (returned.push(shown(type, data)) === count) break;
    }
    expect(firstDifference(returned, lines)).toBeUndefined();
    await soon('the sends', sent);
    expect(await peer.peer.line()).toBe('echoed');
  });
});
