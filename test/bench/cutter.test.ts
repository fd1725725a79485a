import { Cutter } from '../../bench/core/cutter';
import { codecs } from '../../bench/drivers/child-process';

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

test('of child_process the serialization that has bytes hands them out as they came', () => {
  const data = Buffer.from('bytes');
  expect(codecs.advanced.decode(data)).toBe(data);
  expect(codecs.json.decode(codecs.json.encode(data))).toEqual(data);
});
