import {
  boolean,
  bytesOf,
  fileMode,
  integer,
  long,
  memoryOf,
  optionsOf,
  signalOf,
  timeoutOf,
} from '../../lib/core/options';
import { codeThrownBy, thrownBy } from '../support/outcome';

const TYPE = 'ERR_INVALID_ARG_TYPE';
const RANGE = 'ERR_OUT_OF_RANGE';

describe('optionsOf', () => {
  test('takes absence as empty', () => {
    expect(optionsOf(undefined)).toEqual({});
  });

  test('passes objects on', () => {
    const options = { timeout: 1 };
    expect(optionsOf(options)).toBe(options);
  });

  test.each([null, 1, 'x', true, 1n, Symbol('s'), () => 1])('refuses %p', (value) => {
    expect(codeThrownBy(() => optionsOf(value as unknown as object))).toBe(TYPE);
  });
});

describe('integer', () => {
  test.each([-3, 0, -0, 9])('takes %p', (value) => {
    expect(integer('n', value, -3, 9)).toBe(value);
  });

  test.each([-4, 10, 0.5, NaN, Infinity, -Infinity, 2 ** 53])('finds %p out of range', (value) => {
    expect(codeThrownBy(() => integer('n', value, -3, 9))).toBe(RANGE);
  });

  test.each([undefined, null, '1', 1n, true, {}, [1], Symbol('1'), new Number(1)])(
    'finds %p to be no integer',
    (value) => {
      expect(codeThrownBy(() => integer('n', value, -3, 9))).toBe(TYPE);
    },
  );
});

describe('long', () => {
  const most = 2n ** 63n - 1n;

  test.each([0, 1, -1, Number.MAX_SAFE_INTEGER, 0n, most, -most - 1n])('takes %p', (value) => {
    expect(long('type', value)).toBe(value);
  });

  test.each([2 ** 53, -(2 ** 53), 0.5, NaN, Infinity, most + 1n, -most - 2n])(
    'finds %p out of range',
    (value) => {
      expect(codeThrownBy(() => long('type', value))).toBe(RANGE);
    },
  );

  test.each([undefined, null, '1', true, {}, Symbol('1')])('finds %p to be no long', (value) => {
    expect(codeThrownBy(() => long('type', value))).toBe(TYPE);
  });
});

test('boolean takes booleans only', () => {
  expect(boolean('b', true)).toBe(true);
  expect(boolean('b', false)).toBe(false);
  for (const value of [0, 1, 'true', null, undefined, {}]) {
    expect(codeThrownBy(() => boolean('b', value))).toBe(TYPE);
  }
});

test('fileMode takes permission bits only', () => {
  expect(fileMode('mode', 0)).toBe(0);
  expect(fileMode('mode', 0o777)).toBe(0o777);
  expect(codeThrownBy(() => fileMode('mode', 0o1000))).toBe(RANGE);
  expect(codeThrownBy(() => fileMode('mode', -1))).toBe(RANGE);
  expect(codeThrownBy(() => fileMode('mode', '600'))).toBe(TYPE);
  expect(thrownBy(() => fileMode('mode', 644)).message).toBe(
    'The value of "mode" is out of range. It must be permission bits, 0 to 0o777, such as 0o600. ' +
      'Received 644 (0o1204)',
  );
  expect(codeThrownBy(() => fileMode('mode', 0.5))).toBe(RANGE);
});

describe('timeoutOf', () => {
  test('is for ever by default', () => {
    expect(timeoutOf({})).toBe(Infinity);
    expect(timeoutOf({ timeout: undefined })).toBe(Infinity);
  });

  test.each([0, -0, 0.25, 1, 2 ** 40, Infinity])('takes %p', (timeout) => {
    expect(timeoutOf({ timeout })).toBe(timeout);
  });

  test.each([-1, -0.5, NaN, -Infinity])('finds %p out of range', (timeout) => {
    expect(codeThrownBy(() => timeoutOf({ timeout }))).toBe(RANGE);
  });

  test.each([null, '1', 1n, {}, true])('finds %p to be no time', (timeout) => {
    expect(codeThrownBy(() => timeoutOf({ timeout: timeout as number }))).toBe(TYPE);
  });
});

describe('signalOf', () => {
  test('takes an AbortSignal or nothing', () => {
    const { signal } = new AbortController();
    expect(signalOf({ signal })).toBe(signal);
    expect(signalOf({})).toBeUndefined();
  });

  const unfit = { aborted: false, addEventListener: () => undefined };

  test.each([null, 1, 'x', {}, new AbortController(), { aborted: true }, unfit])(
    'refuses %p',
    (value) => {
      expect(codeThrownBy(() => signalOf({ signal: value as AbortSignal }))).toBe(TYPE);
    },
  );
});

class Liar extends Uint8Array {
  override get length(): number {
    return 1;
  }
}

describe('bytesOf', () => {
  const memory = Uint8Array.from({ length: 32 }, (_, i) => i).buffer;
  const shared = new SharedArrayBuffer(3);
  new Uint8Array(shared).set([7, 8, 9]);

  test.each([
    ['text as UTF-8', 'é€', [0xc3, 0xa9, 0xe2, 0x82, 0xac]],
    ['no text', '', []],
    ['a Buffer', Buffer.from([1, 2]), [1, 2]],
    ['a Uint8Array with an offset', new Uint8Array(memory, 3, 2), [3, 4]],
    ['a Uint16Array with an offset', new Uint16Array(memory, 4, 1), [4, 5]],
    ['a Uint8Array that says another length', new Liar(memory, 3, 2), [3, 4]],
    [
      'a Float64Array with an offset',
      new Float64Array(memory, 8, 1),
      [8, 9, 10, 11, 12, 13, 14, 15],
    ],
    ['a BigInt64Array', new BigInt64Array(memory, 24), [24, 25, 26, 27, 28, 29, 30, 31]],
    ['a DataView with an offset', new DataView(memory, 5, 3), [5, 6, 7]],
    ['an ArrayBuffer', memory.slice(0, 2), [0, 1]],
    ['a SharedArrayBuffer', shared, [7, 8, 9]],
  ])('takes %s', (_what, data, bytes) => {
    const from = bytesOf('data', data);
    expect([...from]).toEqual(bytes);
    expect(from).toHaveLength(bytes.length);
  });

  test('copies no memory', () => {
    const view = new Float64Array(1);
    bytesOf('data', view)[0] = 1;
    expect(view[0]).not.toBe(0);
  });

  test.each([undefined, null, 1, 1n, true, {}, [1, 2], Symbol('s'), new Date(), () => 1])(
    'refuses %p',
    (data) => {
      expect(codeThrownBy(() => bytesOf('data', data))).toBe(TYPE);
    },
  );
});

test('memoryOf takes memory, not text', () => {
  expect(memoryOf('memory', new Uint16Array(3))).toHaveLength(6);
  expect(codeThrownBy(() => memoryOf('memory', 'text'))).toBe(TYPE);
});
