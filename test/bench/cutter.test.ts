import { Cutter } from '../../bench/core/cutter';
import { codecs, Outlet } from '../../bench/drivers/child-process';

/** Numbered bytes, in chunks of these lengths, as messages of five. */
function cut(lengths: readonly number[]): { messages: number[][]; counts: number[] } {
  const [cutter, messages] = [new Cutter(5), [] as number[][]];
  let at = 0;
  const counts = lengths.map((length) => {
    const chunk = Buffer.from(Array.from({ length }, () => at++));
    return cutter.cut(chunk, (data) => messages.push([...data]));
  });
  return { messages, counts };
}

const three = [0, 5, 10].map((first) => Array.from({ length: 5 }, (_, i) => first + i));

test.each([
  [[15], [3]],
  [
    [5, 5, 5],
    [1, 1, 1],
  ],
  [
    [1, 1, 1, 1, 1, 10],
    [0, 0, 0, 0, 1, 2],
  ],
  [
    [3, 12, 0],
    [0, 3, 0],
  ],
  [
    [7, 1, 7],
    [1, 0, 2],
  ],
  [
    [4, 2, 8, 1],
    [0, 1, 1, 1],
  ],
])('chunks of %j have %j messages of five bytes', (lengths, counts) => {
  expect(cut(lengths)).toEqual({ messages: three, counts });
});

test('a message that lies in one chunk is not copied', () => {
  const [chunk, found] = [Buffer.alloc(12), [] as Uint8Array[]];
  new Cutter(5).cut(chunk, (data) => found.push(data));
  expect(found.map(({ buffer }) => buffer === chunk.buffer)).toEqual([true, true]);
});

test('nor is a view made of it for who needs none, and what lies in two is one message all the same', () => {
  const [seen, found] = [[] as number[], [] as number[][]];
  const take = Object.assign((data: Uint8Array) => found.push([...data]), {
    at: (_memory: Uint8Array, offset: number, length: number) => seen.push(...[offset, length]),
  });
  const cutter = new Cutter(5);
  expect(cutter.cut(Buffer.from([...Array(12).keys()]), take)).toBe(2);
  expect(cutter.cut(Buffer.from([12, 13, 14, 15, 16, 17, 18, 19]), take)).toBe(2);
  expect(seen).toEqual([0, 5, 5, 5, 3, 5]);
  expect(found).toEqual([[10, 11, 12, 13, 14]]);
});

describe('who sends by child_process', () => {
  /** One that has room for so many messages, until it is asked when one is gone. */
  function outletOf(room: number): { outlet: Outlet; posted: unknown[]; done: () => void } {
    const posted: unknown[] = [];
    let tell: (error: Error | null) => void = () => {
      throw new Error('nobody asks');
    };
    const outlet = new Outlet((message, done) => {
      posted.push(message);
      if (done !== undefined) tell = done;
      return posted.length < room;
    });
    const done = (): void => {
      tell(null);
    };
    return { outlet, posted, done };
  }

  test('asks for nothing while there is room', () => {
    const { outlet, posted, done } = outletOf(4);
    expect([1, 2, 3].map((one) => outlet.send(one))).toEqual([undefined, undefined, undefined]);
    expect(posted).toEqual([1, 2, 3]);
    expect(done).toThrow('nobody asks');
  });

  test('waits with the next one where there was none', async () => {
    const { outlet, posted, done } = outletOf(2);
    expect([1, 2].map((one) => outlet.send(one))).toEqual([undefined, undefined]);
    const waiting = outlet.send(3);
    expect(posted).toEqual([1, 2, 3]);
    let isGone = false;
    const gone = waiting?.then(() => (isGone = true));
    await Promise.resolve();
    expect(isGone).toBe(false);
    done();
    await gone;
    expect(outlet.send(4)).toBeUndefined();
  });

  test('is told what went wrong', async () => {
    let isFirst = true;
    const outlet = new Outlet((_message, done) => {
      done?.(new Error('closed'));
      return !isFirst || (isFirst = false);
    });
    expect(outlet.send(1)).toBeUndefined();
    await expect(outlet.send(2)).rejects.toThrow('closed');
  });
});

test('of child_process the serialization that has bytes hands them out as they came', () => {
  const data = Buffer.from('bytes');
  expect(codecs.advanced.decode(data)).toBe(data);
  expect(codecs.json.decode(codecs.json.encode(data))).toEqual(data);
});
