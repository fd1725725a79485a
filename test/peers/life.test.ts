/** Queues and messages belong to the kernel: made by one process, used by another, outliving both. */

import { untilBlockedIn } from '../support/blocked';
import { adoptId } from '../support/queues';
import { randomKey } from '../support/random-key';
import {
  MessagePeer,
  allForms,
  directions,
  forms,
  inEachForm,
  shown,
  startPair,
  type Form,
  type Language,
} from './message-peer';
import { fitting, series } from './series';

const makers: [maker: Language, user: Language][] = [
  ['C', 'Node'],
  ['Node', 'C'],
  ['Node', 'Node'],
];

/** Makes a queue in one process and opens it in another. */
async function share(
  [maker, user]: [Language, Language],
  key: number,
  open: (id: string) => string,
): Promise<{ id: string; opened: string; peers: [MessagePeer, MessagePeer] }> {
  const peers = await Promise.all([MessagePeer.start(maker), MessagePeer.start(user)]);
  const id = await peers[0].ask('create', key, 0);
  adoptId(Number(id));
  return { id, opened: await peers[1].ask(open(id)), peers };
}

/** One message each way. */
function exchange([one, other]: [MessagePeer, MessagePeer]): Promise<unknown> {
  return inEachForm(async (form) => {
    await one.send(form, 1, 'there');
    await other.send(form, 2, 'back');
    return [await one.receive(form, { type: 2 }), await other.receive(form, { type: 1 })];
  });
}

const exchanged = allForms([shown(2, 'back'), shown(1, 'there')]);

describe.each(makers)('a queue made by %s, used by %s', (...languages) => {
  test('by its key', async () => {
    const key = randomKey();
    const { id, opened, peers } = await share(languages, key, () => `open ${String(key)}`);
    expect(opened).toBe(id);
    expect(await exchange(peers)).toEqual(exchanged);
  });

  test('by a key with the highest bit set', async () => {
    const key = -randomKey() - 1;
    const { id, opened, peers } = await share(languages, key, () => `open ${String(key)}`);
    expect(opened).toBe(id);
    expect(await exchange(peers)).toEqual(exchanged);
  });

  test('by its identifier, without a key', async () => {
    const { id, opened, peers } = await share(languages, 0, (made) => `attach ${made}`);
    expect(opened).toBe(id);
    expect(await exchange(peers)).toEqual(exchanged);
  });
});

const sent = [Buffer.alloc(0), Buffer.from('a'), Buffer.alloc(2000, 0xff)];
const sentLines = sent.map((data, at) => shown(at + 1, data));

type Death = [name: string, die: (sender: MessagePeer) => void, code: number | null];

const deaths: Death[] = [
  [
    'SIGKILL',
    ({ peer }) => {
      peer.kill('SIGKILL');
    },
    null,
  ],
  [
    'normal exit',
    (sender) => {
      sender.tell('exit');
    },
    0,
  ],
];

describe.each(directions)('%s', (_name, from, to) => {
  test.each(deaths)("messages survive the sender's death: %s", async (_death, die, code) => {
    const { sender, receiver, queue } = await startPair(from, to);
    for (const form of forms) {
      for (const [at, data] of sent.entries()) await sender.send(form, at + 1, data);
    }
    die(sender);
    expect((await sender.peer.ended).code).toBe(code);
    expect(queue.statSync().messages).toBe(forms.length * sent.length);
    const received = await inEachForm((form) => {
      receiver.awaits(form, { count: sent.length });
      return receiver.lines(sent.length);
    });
    expect(received).toEqual(allForms(sentLines));
  });

  const blocking: Form[] = ['promise', 'sync', 'into'];

  test.each(blocking)(
    'a sender killed while it waits for room leaves what was sent, %s',
    async (form) => {
      const capacity = 1024;
      const { sender, receiver, queue } = await startPair(from, to, { maxBytes: capacity });
      sender.tell('flood', form, 1000);
      await untilBlockedIn('msgsnd', sender.peer.pid, queue.id);
      sender.peer.kill('SIGKILL');
      await sender.peer.ended;
      const there = fitting(capacity);
      receiver.awaits(form, { count: there });
      const expected = series(there).map(({ type, data }) => shown(type, data));
      expect(await receiver.lines(there)).toEqual(expected);
      expect(await receiver.receive(form, { flags: 'nowait' })).toBe('none');
    },
  );
});
