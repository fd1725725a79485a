import { thing, THING_BYTES, ThingSink } from '../../bench/core/things';

function checked(...values: unknown[]): () => void {
  return () => {
    values.forEach(new ThingSink().check);
  };
}

test('has ten fields, that JSON carries as they are', () => {
  expect(Object.keys(thing(7))).toHaveLength(10);
  expect(JSON.parse(JSON.stringify(thing(7)))).toEqual(thing(7));
  expect(THING_BYTES).toBeGreaterThan(100);
});

test('those that come in order are taken', () => {
  expect(checked(thing(0), thing(1), thing(2))).not.toThrow();
});

test.each([
  ['lost', thing(1)],
  ['changed', { ...thing(0), tags: ['red'] }],
  ['of another type', { ...thing(0), price: '9.75' }],
  ['short of a field', { ...thing(0), note: undefined }],
])('one that is %s is noticed', (_what, value) => {
  expect(checked(value)).toThrow('object 0: got');
});

test('the quick check of the timed part notices what is lost', () => {
  const sink = new ThingSink();
  [thing(0), thing(2)].forEach(sink.tally);
  expect(() => {
    sink.finish();
  }).toThrow('1 object differs');
  expect(() => {
    sink.check(thing(3));
  }).toThrow('1 object differs in the timed part, and object 2: got');
});
