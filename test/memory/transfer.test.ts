/** Memory whose ArrayBuffer was transferred: it stays valid, whatever becomes of the mapping. */

import { ReadableStream } from 'node:stream/web';

import { pattern, temporaryFile } from '../support/files';
import { collectGarbage } from '../support/collect-garbage';
import { mapped } from '../support/mappings';
import { mappingsOf, settled } from '../support/maps';
import { codeThrownBy } from '../support/outcome';
import { startNode } from '../support/processes';
import { waitUntil } from '../support/wait-until';

/** Another ArrayBuffer over the same memory: a stream that reads into the caller's memory makes one. */
async function transferred(buffer: ArrayBuffer): Promise<ArrayBuffer> {
  const stream = new ReadableStream({
    type: 'bytes',
    pull: ({ byobRequest }) => byobRequest?.respond(1),
  });
  const { value } = await stream.getReader({ mode: 'byob' }).read(new Uint8Array(buffer));
  return value?.buffer as ArrayBuffer;
}

test('structuredClone copies', () => {
  const mapping = mapped(temporaryFile('hello'), { access: 'write' });
  const clone = structuredClone(mapping.bytes);
  mapping.bytes.write('J');
  expect(Buffer.from(clone).toString()).toBe('hello');
});

test('a transferred buffer outlives close, and then the memory goes', async () => {
  const file = temporaryFile(pattern(10_000));
  const mapping = mapped(file, { access: 'write' });
  const { bytes } = mapping;
  const others = [await transferred(mapping.buffer)];
  expect(bytes).toHaveLength(0);
  mapping.close();
  await settled();
  expect(others.every((other) => Buffer.from(other).equals(pattern(10_000)))).toBe(true);
  expect(mappingsOf(file)).toBe(1);
  others.length = 0;
  await waitUntil('the memory is gone', async () => {
    collectGarbage();
    await settled();
    return mappingsOf(file) === 0;
  });
  expect(mappingsOf(file)).toBe(0);
});

test('it cannot be moved or made inaccessible', async () => {
  const mapping = mapped(temporaryFile('hello'), { access: 'write' });
  const other = await transferred(mapping.buffer);
  for (const call of [
    () => {
      mapping.resizeSync(3);
    },
    () => {
      mapping.protectSync('none');
    },
    () => {
      mapping.protectSync('read');
    },
  ]) {
    expect(codeThrownBy(call)).toBe('EBUSY');
  }
  Buffer.from(other).write('J');
  expect(mapping.read().toString()).toBe('Jello');
  expect(mapping.length).toBe(5);
});

test('once it was collected the mapping is free again', async () => {
  const mapping = mapped(temporaryFile('hello'), { access: 'write' });
  const others = [await transferred(mapping.buffer)];
  const shrunk = (): boolean => {
    try {
      mapping.resizeSync(4);
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === 'EBUSY') return false;
      throw error;
    }
  };
  expect(shrunk()).toBe(false);
  others.length = 0;
  await waitUntil('the buffer is gone', async () => {
    collectGarbage();
    await settled();
    return shrunk();
  });
  mapping.bytes.write('J');
  expect(mapping.read().toString()).toBe('Jell');
});

test('workers that end give their memory back, but for what others have of it', async () => {
  const peer = startNode('transferred-memory', [temporaryFile('hello')]);
  expect(JSON.parse(await peer.success())).toEqual({
    untouched: ['', 0],
    closed: ['', 0],
    posted: ['hello', 1],
    'posted and closed': ['hello', 1],
    kept: ['', 1], // nobody can tell that it was not given to anybody
  });
});
