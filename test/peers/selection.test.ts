/** Which message the other process gets, and how much of it: types, selectors and flags. */

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
  type Pair,
  type Selection,
} from './message-peer';

type Type = number | bigint;

interface Vector {
  name: string;
  queued: Type[];
  /** One call after the other, each with the type that it takes. */
  takes: [selection: Selection, type: Type][];
}

const only = (...types: Type[]): Vector['takes'] => types.map((type) => [{ type }, type]);
const except = (type: Type): Selection => ({ type, flags: 'except' });

const vectors: Vector[] = [
  { name: 'type 1', queued: [2, 1], takes: only(1, 2) },
  { name: 'type 2', queued: [1, 2, 2], takes: only(2, 2, 1) },
  {
    name: 'LONG_MAX',
    queued: [1, LONG_MAX - 1n, LONG_MAX],
    takes: only(LONG_MAX, LONG_MAX - 1n, 1),
  },
  {
    name: 'types on both sides of the safe integers',
    queued: [2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n],
    takes: only(2n ** 53n + 1n, 2n ** 53n, 2n ** 53n - 1n),
  },
  {
    name: 'selector 0: first in, first out',
    queued: [4, 3, 2, 1],
    takes: [4, 3, 2, 1].map((type) => [{ type: 0 }, type]),
  },
  {
    name: 'selector -2: the lowest type, which is 1',
    queued: [4, 3, 2, 1],
    takes: [
      [{ type: -2 }, 1],
      [{ type: -2 }, 2],
      [{ type: -4 }, 3],
      [{ type: -4 }, 4],
    ],
  },
  {
    name: 'selector LONG_MIN: the lowest of all types',
    queued: [LONG_MAX, 7, 5],
    takes: [5, 7, LONG_MAX].map((type) => [{ type: LONG_MIN }, type]),
  },
  {
    name: 'MSG_EXCEPT',
    queued: [2, 2, 3, 4],
    takes: [
      [except(2), 3],
      [except(2), 4],
      [except(3), 2],
      [except(LONG_MAX), 2],
    ],
  },
  {
    name: 'MSG_EXCEPT with selector 0, which the kernel ignores',
    queued: [3, 1],
    takes: [
      [except(0), 3],
      [except(0), 1],
    ],
  },
];

/** Fills the queue, takes everything, and tells what came. */
async function run({ sender, receiver }: Pair, form: Form, vector: Vector): Promise<string[]> {
  for (const [at, type] of vector.queued.entries()) {
    await sender.send(form, type, `${String(type)} ${String(at)}`);
  }
  const taken: string[] = [];
  for (const [selection] of vector.takes) taken.push(await receiver.receive(form, selection));
  return [...taken, await receiver.receive(form, { flags: 'nowait' })];
}

/** What `run` has to tell: of each type, the messages in the order in which they were sent. */
function expected({ queued, takes }: Vector): string[] {
  const left = queued.map((type, at) => ({ type, data: `${String(type)} ${String(at)}` }));
  const taken = takes.map(([, type]) => {
    const at = left.findIndex((message) => message.type === type);
    return left.splice(at, 1).map((message) => shown(type, message.data));
  });
  return [...taken.flat(), 'none'];
}

describe.each(directions)('%s', (_name, from, to) => {
  test.each(vectors)('$name', async (vector) => {
    const pair = await startPair(from, to);
    expect(await inEachForm((form) => run(pair, form, vector))).toEqual(allForms(expected(vector)));
  });

  test('MSG_COPY copies any message and leaves the queue as it was', async () => {
    const { sender, receiver, queue } = await startPair(from, to);
    const messages: [type: Type, data: Uint8Array][] = [
      [LONG_MAX, Buffer.from('first')],
      [2, Buffer.alloc(0)],
      [1, Buffer.alloc(largest, 'x')],
    ];
    for (const [type, data] of messages) await sender.send('sync', type, data);
    const lines = messages.map(([type, data]) => shown(type, data));
    const copies = await inEachForm(async (form) => {
      const copied: string[] = [];
      for (const index of [2, 1, 0, 3]) copied.push(await receiver.ask('peek', form, index));
      return copied;
    });
    expect(copies).toEqual(allForms([...lines.toReversed(), 'none']));
    expect(queue.statSync().messages).toBe(3);
    receiver.awaits('promise', { count: 3 });
    expect(await receiver.lines(3)).toEqual(lines);
  });

  test('too little room is E2BIG and takes nothing; MSG_NOERROR drops the tail', async () => {
    const { sender, receiver } = await startPair(from, to);
    const answers = await inEachForm(async (form) => {
      for (const text of ['0123456789', 'abc', 'xyz']) await sender.send(form, 9, text);
      return [
        await receiver.receive(form, { size: 9 }),
        await receiver.receive(form, { size: 0 }),
        await receiver.receive(form, { size: 4, flags: 'noerror' }),
        await receiver.receive(form, { size: 0, flags: 'noerror' }),
        await receiver.receive(form, { size: 3 }),
        await receiver.receive(form, { flags: 'nowait' }),
      ];
    });
    expect(answers).toEqual(
      allForms([
        'error E2BIG',
        'error E2BIG',
        shown(9, '0123'),
        shown(9, ''),
        shown(9, 'xyz'),
        'none',
      ]),
    );
  });
});
