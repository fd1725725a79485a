/** Every byte arrives as it was sent, whether the message is there first or the receiver. */

import { untilBlockedIn } from '../support/blocked';
import {
  LONG_MAX,
  LONG_MIN,
  allForms,
  directions,
  inEachForm,
  largest,
  shown,
  startPair,
  type Form,
} from './message-peer';
import { bytes } from './series';

const payloads: [name: string, data: Buffer][] = [
  ['no bytes', Buffer.alloc(0)],
  ['one zero byte', Buffer.alloc(1)],
  ['all 256 byte values', bytes(256, (at) => at)],
  ['8192 bytes', bytes(largest, (at) => (at * 31) ^ (at >> 8))],
];

/** Those that sleep until a message comes. */
const waiting: Form[] = ['promise', 'sync', 'into'];

describe.each(directions)('%s', (_name, from, to) => {
  test.each(payloads)('%s, sent first', async (_payload, data) => {
    const { sender, receiver } = await startPair(from, to);
    const received = await inEachForm(async (form) => {
      await sender.send(form, LONG_MAX, data);
      return receiver.receive(form);
    });
    expect(received).toEqual(allForms(shown(LONG_MAX, data)));
  });

  test.each(payloads)('%s, awaited first', async (_payload, data) => {
    const { sender, receiver, queue } = await startPair(from, to);
    const received = await inEachForm(async (form) => {
      receiver.awaits(form, { type: LONG_MIN });
      await untilBlockedIn('msgrcv', receiver.peer.pid, queue.id);
      await sender.send(form, 2, data);
      return receiver.peer.line();
    }, waiting);
    expect(received).toEqual(allForms(shown(2, data), waiting));
    expect(queue.statSync().messages).toBe(0);
  });

  test('too long for who waits: E2BIG, and it stays', async () => {
    const { sender, receiver, queue } = await startPair(from, to);
    const received = await inEachForm(async (form) => {
      receiver.awaits(form, { type: 2, size: 3 });
      await untilBlockedIn('msgrcv', receiver.peer.pid, queue.id);
      await sender.send(form, 2, 'long');
      return [await receiver.peer.line(), await receiver.receive(form)];
    }, waiting);
    expect(received).toEqual(allForms(['error E2BIG', shown(2, 'long')], waiting));
  });
});
