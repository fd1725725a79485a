import { joined, payload, Sink, Source, verify } from '../../bench/core/payload';

test('what a source makes, a sink takes', () => {
  const source = new Source(64, 4);
  const sink = new Sink(64);
  expect(() => {
    for (let i = 0; i < 300; i++) sink.check(source.next());
    for (const data of source.nextMany(4)) sink.check(data);
    for (const data of source.nextMany(3)) sink.tally(data);
    sink.finish();
  }).not.toThrow();
});

test('several lie one behind the other, each in its order, all made in the same memory', () => {
  const [source, sink, memory] = [new Source(8, 4), new Sink(8), Buffer.alloc(32)];
  for (const count of [4, 3]) {
    const chunk = joined(source, memory, 8, count);
    expect(chunk).toHaveLength(8 * count);
    for (let i = 0; i < count; i++) sink.check(chunk.subarray(8 * i, 8 * i + 8));
  }
  expect(source.nextCopied().buffer).toBe(source.nextCopied().buffer);
});

test.each([
  ['lost', [0, 2]],
  ['doubled', [0, 0]],
  ['swapped', [1, 0]],
])('a message that is %s is noticed, by either check', (_what, order) => {
  const messages = order.map((sequence) => payload(64, sequence));
  const strict = new Sink(64);
  expect(() => {
    messages.forEach(strict.check);
  }).toThrow(/message \d: got number \d/);
  const quick = new Sink(64);
  messages.forEach(quick.tally);
  expect(() => {
    quick.finish();
  }).toThrow(/differs? in the timed part/);
});

test('after the timed part it is told how many differed there: one that was lost shifts all that follow', () => {
  const sink = new Sink(64);
  for (let i = 0; i < 10; i++) sink.tally(payload(64, i < 4 ? i : i + 1));
  expect(() => {
    sink.check(payload(64, 11));
  }).toThrow(/^6 messages differ in the timed part, and message 10: got number 11$/);
  const other = new Sink(64);
  other.tally(payload(64, 1));
  expect(() => {
    other.finish();
  }).toThrow(/^1 message differs in the timed part$/);
});

test('a damaged byte and a wrong length are noticed', () => {
  const damaged = payload(64, 5);
  damaged[63] = 0;
  expect(() => {
    verify(damaged, 64, 5);
  }).toThrow('message 5: byte 63 is damaged');
  expect(() => {
    verify(payload(64, 5).subarray(0, 63), 64, 5);
  }).toThrow('got 63');
});

test('numbers are kept beyond one byte', () => {
  const sink = new Sink(8);
  const source = new Source(8);
  for (let i = 0; i < 70_000; i++) sink.check(source.next());
  expect(() => {
    sink.check(payload(8, 70_001));
  }).toThrow('message 70000: got number 70001');
});
