/** receiveInto, receiveIntoSync, tryReceiveInto: into the caller's memory. */

import type { sysv } from 'posix-ipc';

import type { Data } from '../../lib/core/options';
import { receiveIntoForms } from '../support/forms';
import { codeOfRejection, codeThrownBy, rejectionOf } from '../support/outcome';
import { temporaryQueue } from '../support/queues';
import { soon } from '../support/wait-until';

type Memory = Exclude<Data, string>;

/** Memory of 16 bytes in every kind, of which the middle 8 are given. */
const kinds: [string, (buffer: ArrayBuffer) => Memory][] = [
  ['a Buffer', (buffer) => Buffer.from(buffer, 4, 8)],
  ['a Uint8Array', (buffer) => new Uint8Array(buffer, 4, 8)],
  ['an Int8Array', (buffer) => new Int8Array(buffer, 4, 8)],
  ['a Uint8ClampedArray', (buffer) => new Uint8ClampedArray(buffer, 4, 8)],
  ['a Uint16Array', (buffer) => new Uint16Array(buffer, 4, 4)],
  ['a Float32Array', (buffer) => new Float32Array(buffer, 4, 2)],
  ['a DataView', (buffer) => new DataView(buffer, 4, 8)],
];

function queueWith(data: Data, type = 1): sysv.MessageQueue {
  const queue = temporaryQueue();
  queue.sendSync(data, { type });
  return queue;
}

describe.each(receiveIntoForms)('%s', (_name, receiveInto) => {
  test.each(kinds)('writes into %s, at its offset, and nowhere else', async (_kind, view) => {
    const buffer = new ArrayBuffer(16);
    const bytes = Buffer.from(buffer).fill('.');
    expect(await receiveInto(queueWith('12345678', 3), view(buffer))).toEqual({
      type: 3,
      length: 8,
    });
    expect(bytes.toString()).toBe('....12345678....');
    expect(await receiveInto(queueWith('abc'), view(buffer))).toEqual({ type: 1, length: 3 });
    expect(bytes.toString()).toBe('....abc45678....');
    expect(await receiveInto(queueWith('', 7), view(buffer))).toEqual({ type: 7, length: 0 });
    expect(bytes.toString()).toBe('....abc45678....');
  });

  test('writes into a Float64Array and a BigInt64Array', async () => {
    const floats = new Float64Array([0, 0]);
    await receiveInto(queueWith(new Float64Array([Math.PI])), floats.subarray(1));
    expect([...floats]).toEqual([0, Math.PI]);
    const bigints = new BigInt64Array(2);
    await receiveInto(queueWith(new BigInt64Array([-5n, 7n])), bigints);
    expect([...bigints]).toEqual([-5n, 7n]);
  });

  test('writes into an ArrayBuffer', async () => {
    const buffer = new ArrayBuffer(4);
    expect(await receiveInto(queueWith('1234'), buffer)).toEqual({ type: 1, length: 4 });
    expect(Buffer.from(buffer).toString()).toBe('1234');
  });

  test('writes into a SharedArrayBuffer and a view of one', async () => {
    const buffer = new SharedArrayBuffer(8);
    expect(await receiveInto(queueWith('1234'), buffer)).toEqual({ type: 1, length: 4 });
    await receiveInto(queueWith('ab'), new Uint8Array(buffer, 6));
    expect(Buffer.from(buffer).toString()).toBe('1234\0\0ab');
  });

  test('a type beyond the safe integers is a bigint', async () => {
    const queue = temporaryQueue();
    queue.sendSync('x', { type: 2n ** 62n });
    expect(await receiveInto(queue, Buffer.alloc(1))).toEqual({ type: 2n ** 62n, length: 1 });
  });

  test('a message longer than the memory is E2BIG, and stays', async () => {
    const queue = queueWith('12345');
    const memory = Buffer.alloc(4, '.');
    const error = await rejectionOf(receiveInto(queue, memory));
    expect(error).toMatchObject({ code: 'E2BIG', syscall: 'msgrcv' });
    expect(error.message).toContain('longer than 4 bytes');
    expect(memory.toString()).toBe('....');
    expect(queue.statSync().messages).toBe(1);
    expect(await codeOfRejection(receiveInto(queue, new Uint8Array(0)))).toBe('E2BIG');
  });

  test('the smaller of the memory and maxLength counts', async () => {
    const queue = queueWith('12345');
    const memory = Buffer.alloc(10, '.');
    expect(await codeOfRejection(receiveInto(queue, memory, { maxLength: 3 }))).toBe('E2BIG');
    const options = { maxLength: 3, truncate: true };
    expect(await receiveInto(queue, memory, options)).toEqual({ type: 1, length: 3 });
    expect(memory.toString()).toBe('123.......');
  });

  test('truncate cuts to the memory', async () => {
    const memory = Buffer.alloc(4);
    const queue = queueWith('12345');
    expect(await receiveInto(queue, memory, { truncate: true })).toEqual({ type: 1, length: 4 });
    expect(memory.toString()).toBe('1234');
    expect(queue.statSync().messages).toBe(0);
  });

  test('takes a selector', async () => {
    const queue = queueWith('one', 1);
    queue.sendSync('two', { type: 2 });
    const memory = Buffer.alloc(3);
    await receiveInto(queue, memory, { type: 2 });
    expect(memory.toString()).toBe('two');
    queue.sendSync('three', { type: 3 });
    const large = Buffer.alloc(5);
    await receiveInto(queue, large, { type: 1, except: true });
    expect(large.toString()).toBe('three');
  });

  test('the longest message, into memory that is larger than any', async () => {
    const data = Buffer.alloc(8192, 'long');
    const memory = Buffer.alloc(1_000_000);
    expect(await receiveInto(queueWith(data), memory)).toEqual({ type: 1, length: 8192 });
    expect(memory.subarray(0, 8193).equals(Buffer.concat([data, Buffer.alloc(1)]))).toBe(true);
  });

  test.each([undefined, null, 'text', 5, {}, [1, 2], Symbol('s')])('refuses %p', async (memory) => {
    const queue = queueWith('x');
    const error = await rejectionOf(receiveInto(queue, memory as never));
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    expect(error.message).toContain('"memory"');
    expect(queue.statSync().messages).toBe(1);
  });
});

test('tryReceiveInto answers undefined where there is none, and leaves the memory', () => {
  const memory = Buffer.alloc(2, '.');
  expect(temporaryQueue().tryReceiveInto(memory)).toBeUndefined();
  expect(queueWith('x', 2).tryReceiveInto(memory, { type: 1 })).toBeUndefined();
  expect(memory.toString()).toBe('..');
});

describe('a receive into memory that has to wait', () => {
  test.each(kinds)('writes into %s when the message comes', async (_kind, view) => {
    const queue = temporaryQueue();
    const buffer = new ArrayBuffer(16);
    const waiting = queue.receiveInto(view(buffer), { type: 3 });
    queue.sendSync('12345678', { type: 3 });
    expect(await soon('the receive', waiting)).toEqual({ type: 3, length: 8 });
    expect(Buffer.from(buffer).toString()).toBe('\0\0\0\x0012345678\0\0\0\0');
  });

  test('expires, and leaves the memory', async () => {
    const queue = temporaryQueue();
    const memory = Buffer.alloc(2, '.');
    expect(await codeOfRejection(queue.receiveInto(memory, { timeout: 5 }))).toBe('ETIMEDOUT');
    expect(codeThrownBy(() => queue.receiveIntoSync(memory, { timeout: 5 }))).toBe('ETIMEDOUT');
    queue.sendSync('ab');
    expect(memory.toString()).toBe('..');
  });

  test.each([
    ['a Uint8Array', new Uint8Array(16)],
    ['a DataView', new DataView(new ArrayBuffer(16))],
  ])('%s that is detached meanwhile is refused, and nothing is lost', async (_, memory) => {
    const queue = temporaryQueue();
    const waiting = codeOfRejection(queue.receiveInto(memory));
    structuredClone(memory.buffer, { transfer: [memory.buffer] });
    queue.sendSync('kept');
    expect(await soon('the receive', waiting)).toBe('ERR_INVALID_ARG_TYPE');
    expect(queue.tryReceive()?.data.toString()).toBe('kept');
  });

  test('memory that is detached is refused, cutting or not', () => {
    const queue = temporaryQueue();
    queue.sendSync('kept');
    for (const view of [new Uint8Array(16), new DataView(new ArrayBuffer(16))]) {
      structuredClone(view.buffer, { transfer: [view.buffer] });
      const refused = codeThrownBy(() => queue.tryReceiveInto(view, { truncate: true }));
      expect(refused).toBe('ERR_INVALID_ARG_TYPE');
    }
    expect(queue.tryReceive()?.data.toString()).toBe('kept');
  });

  test('memory that is out of its buffer meanwhile is refused, cutting or not', async () => {
    const queue = temporaryQueue();
    const buffer = new ArrayBuffer(16, { maxByteLength: 16 });
    const waiting = [true, false].map((truncate) =>
      codeOfRejection(queue.receiveInto(new Uint8Array(buffer, 8, 8), { truncate })),
    );
    buffer.resize(4);
    queue.sendSync('kept');
    expect(await soon('the receives', Promise.all(waiting))).toEqual(
      Array(2).fill('ERR_INVALID_ARG_TYPE'),
    );
    expect(queue.tryReceive()?.data.toString()).toBe('kept');
  });

  test('a DataView that is detached meanwhile does not disturb what else waits', async () => {
    const queue = temporaryQueue();
    const view = new DataView(new ArrayBuffer(16));
    const into = codeOfRejection(queue.receiveInto(view, { timeout: 20 }));
    const other = codeOfRejection(queue.receive());
    structuredClone(view.buffer, { transfer: [view.buffer] });
    expect(await soon('the timeout', into)).toBe('ETIMEDOUT');
    queue.removeSync();
    expect(await soon('the removal', other)).toBe('EIDRM');
  });

  test('detached memory still takes an empty message', async () => {
    const queue = temporaryQueue();
    const memory = new Uint8Array(16);
    const waiting = queue.receiveInto(memory);
    structuredClone(memory.buffer, { transfer: [memory.buffer] });
    queue.sendSync('', { type: 4 });
    expect(await soon('the receive', waiting)).toEqual({ type: 4, length: 0 });
  });

  test('memory that says to be longer than it is', () => {
    const queue = temporaryQueue();
    const memory = new Uint8Array(8);
    Object.defineProperty(memory, 'byteLength', { value: 100_000 });
    queue.sendSync(Buffer.alloc(50, 'kept'));
    expect(codeThrownBy(() => queue.tryReceiveInto(memory))).toBe('E2BIG');
    expect(codeThrownBy(() => queue.receiveIntoSync(memory, { timeout: 5000 }))).toBe('E2BIG');
    expect(queue.tryReceive()?.data.length).toBe(50);
  });

  test('memory that shrinks meanwhile has room for less', async () => {
    const queue = temporaryQueue();
    const memory = new ArrayBuffer(16, { maxByteLength: 32 });
    const waiting = codeOfRejection(queue.receiveInto(memory));
    memory.resize(3);
    queue.sendSync('kept');
    expect(await soon('the receive', waiting)).toBe('E2BIG');
    expect(queue.tryReceive()?.data.toString()).toBe('kept');
  });
});
