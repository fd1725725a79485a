/** Values that no caller should pass, and some that are only unusual. */

function detached(): Uint8Array {
  const view = new Uint8Array(64);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const throwing = {
  get timeout(): never {
    throw new RangeError('a getter that throws');
  },
  valueOf(): never {
    throw new RangeError('a valueOf that throws');
  },
};

/** Numbers, legal for one argument and not for another. */
const numbers = [
  ...[0, -0, 1, -1, 0.5, NaN, Infinity, -Infinity],
  ...[2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 64, 1e300],
];

const bigints = [0n, 1n, -1n, 2n ** 63n - 1n, 2n ** 63n, -(2n ** 63n), 2n ** 64n, 2n ** 200n];

/** Zeros: no call sees what another one has written. */
function views(): ArrayBufferView[] {
  return [
    ...[new Uint8Array(0), new Uint8Array(8), new Uint16Array(32), new Float64Array(16)],
    ...[new BigInt64Array(4), new DataView(new ArrayBuffer(16)), Buffer.alloc(64)],
    new Uint8Array(new SharedArrayBuffer(64)),
  ];
}

/** All of them; made anew, because some of them may be written to. */
export function oddValues(): unknown[] {
  return [
    ...[undefined, null, true, false],
    ...numbers,
    ...bigints,
    ...['', 'x', '1', 'a\0b', 'x'.repeat(100_000), Symbol('s')],
    ...[
      {},
      [],
      [1],
      () => 1,
      new Date(),
      /x/,
      Object.create(null) as object,
      { constructor: null },
    ],
    ...[new Proxy({}, {}), new Proxy(new Uint8Array(64), {}), revoked(), throwing, detached()],
    ...[new ArrayBuffer(16), new SharedArrayBuffer(16)],
    ...views(),
  ];
}
