/** What has to wait is copied, and the memory of large copies is used again: never while it is needed. */

import { unix } from 'posix-ipc';

import { closingBoth } from '../support/sockets';

const LONG = 3 * 2 ** 18;

/** Takes so many bytes; answers which values they have, in order, and how many of each. */
async function runsOf(socket: unix.Stream, total: number): Promise<[number, number][]> {
  const runs: [number, number][] = [];
  for (let left = total; left > 0;) {
    const message = await socket.receive();
    for (const byte of message?.data ?? []) {
      const last = runs.at(-1);
      if (last?.[0] === byte) last[1]++;
      else runs.push([byte, 1]);
    }
    left -= message?.data.length ?? Infinity;
  }
  return runs;
}

test('long sends in line arrive as they were when they were made, again and again', async () => {
  const [left, right] = closingBoth(unix.socketpairSync('stream'));
  for (let round = 0; round < 3; round++) {
    const memory = Buffer.alloc(LONG);
    const sending = [1, 2, 3].map((value) => {
      const sent = left.send(memory.fill(value));
      memory.fill(99);
      return sent;
    });
    expect(await runsOf(right, 3 * LONG)).toEqual([1, 2, 3].map((value) => [value, LONG]));
    expect(await Promise.all(sending)).toEqual([LONG, LONG, LONG]);
  }
});

test('one that is aborted halfway gives its memory back, and the next is whole', async () => {
  const [left, right] = closingBoth(unix.socketpairSync('stream'));
  const controller = new AbortController();
  const aborted = left.send(Buffer.alloc(LONG, 1), { signal: controller.signal });
  const next = left.send(Buffer.alloc(LONG, 2));
  controller.abort();
  const sent = await aborted;
  expect(sent).toBeLessThan(LONG);
  const last = left.send(Buffer.alloc(LONG, 3));
  expect(await runsOf(right, sent + 2 * LONG)).toEqual([
    [1, sent],
    [2, LONG],
    [3, LONG],
  ]);
  expect(await Promise.all([next, last])).toEqual([LONG, LONG]);
});
