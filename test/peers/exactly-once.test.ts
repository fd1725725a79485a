/** Several processes wait for the same messages: each message goes to exactly one of them. */

import { untilBlockedIn } from '../support/blocked';
import { temporaryQueue } from '../support/queues';
import { MessagePeer, firstDifference, shown, type Form, type Language } from './message-peer';

type Rival = [language: Language, form: Form];

const rivals: [name: string, one: Rival, other: Rival][] = [
  ['C and receive()', ['C', 'sync'], ['Node', 'promise']],
  ['C and receiveInto()', ['C', 'sync'], ['Node', 'into']],
  ['C and receiveSync()', ['C', 'sync'], ['Node', 'sync']],
  ['receiveSync() and receive()', ['Node', 'sync'], ['Node', 'promise']],
  ['receive() twice', ['Node', 'promise'], ['Node', 'promise']],
];

const type = 7;

function start(id: number, all: Rival[]): Promise<MessagePeer[]> {
  return Promise.all(all.map(([language]) => MessagePeer.start(language, id)));
}

async function untilAllWait(peers: MessagePeer[], id: number): Promise<void> {
  await Promise.all(peers.map(({ peer }) => untilBlockedIn('msgrcv', peer.pid, id)));
}

/** The lines of a peer that collects, without its last one. */
async function collected({ peer }: MessagePeer): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const line = await peer.line();
    if (line === 'end') return lines;
    lines.push(line);
  }
}

describe.each(rivals)('%s', (_name, ...pair) => {
  test.each(['', 'text'])('wait; of two messages %p each gets one', async (text) => {
    const queue = temporaryQueue();
    const peers = await start(queue.id, pair);
    for (let round = 0; round < 20; round++) {
      for (const [at, peer] of peers.entries()) peer.awaits(pair[at]?.[1] ?? 'sync', { type });
      await untilAllWait(peers, queue.id);
      queue.sendSync(text, { type });
      queue.sendSync(text, { type });
      const got = await Promise.all(peers.map(({ peer }) => peer.line()));
      expect(got).toEqual([shown(type, text), shown(type, text)]);
    }
    expect(queue.statSync().messages).toBe(0);
  });

  test('wait; of 2,000 messages none is lost or comes twice, and they come in order', async () => {
    const queue = temporaryQueue();
    const peers = await start(queue.id, pair);
    for (const [at, peer] of peers.entries()) peer.tell('collect', pair[at]?.[1] ?? 'sync', type);
    await untilAllWait(peers, queue.id);
    const texts = Array.from({ length: 2000 }, (_, index) => String(index).padStart(6, '0'));
    await queue.sendMany(texts, { type, timeout: 30_000 });
    await queue.sendMany(['end', 'end'], { type, timeout: 30_000 });
    const lists = await Promise.all(peers.map(collected));
    const expected = texts.map((text) => shown(type, text));
    expect(firstDifference(lists.flat().toSorted(), expected)).toBeUndefined();
    for (const list of lists) expect(firstDifference(list, list.toSorted())).toBeUndefined();
    expect(queue.statSync().messages).toBe(0);
  });
});
