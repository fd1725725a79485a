/** Channels and broadcasts whose name goes with the last one who has them open. */

import { existsSync, writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import { channel, lock, memory, posix, stream } from 'posix-ipc';

import { broadcastName } from '../support/broadcasts';
import { collectGarbage } from '../support/collect-garbage';
import { descriptorsSince } from '../support/descriptors';
import { codeThrownBy, rejectionOf } from '../support/outcome';
import { startC, startNode } from '../support/processes';
import { soon, waitUntil } from '../support/wait-until';

const names: string[] = [];

function newName(): string {
  const name = broadcastName();
  names.push(name);
  return name;
}

function isThere(name: string): boolean {
  return existsSync(`/dev/shm${name}`);
}

afterEach(() => {
  for (const name of names.splice(0)) if (isThere(name)) posix.SharedMemory.unlinkSync(name);
});

const kinds = [
  ['Channel', channel.Channel],
  ['Broadcast', channel.Broadcast],
] as const;

describe.each(kinds)('%s', (kindName, kind) => {
  const make = (name = newName()): channel.Channel | channel.Broadcast =>
    kind.createSync(name, { temporary: true });

  test('the last one who closes it removes its name', async () => {
    const opened = descriptorsSince();
    const one = make();
    const others = [kind.openSync(one.name), await kind.openOrCreate(one.name)];
    expect([one, ...others].map(({ temporary }) => temporary)).toEqual([true, true, true]);
    one.close();
    one.close();
    others[1]?.close();
    expect(isThere(one.name)).toBe(true);
    others[0]?.close();
    expect(isThere(one.name)).toBe(false);
    expect(opened()).toEqual([]);
  });

  test('any other one stays', () => {
    const one = kind.createSync(newName());
    expect(one.temporary).toBe(false);
    one.close();
    expect(isThere(one.name)).toBe(true);
    using later = kind.openOrCreateSync(one.name, { temporary: true }); // it was made otherwise
    expect(later.temporary).toBe(false);
  });

  test('who opens it by a mapping does not count', () => {
    const one = make();
    using mapping = memory.mapSync(`/dev/shm${one.name}`, { access: 'write' });
    using other = kind.at(mapping);
    expect(other.temporary).toBe(true);
    one.close();
    expect(isThere(one.name)).toBe(false);
    other.close();
  });

  test('a name that was given to another one meanwhile stays with that', () => {
    const one = make();
    one.unlinkSync();
    const other = make(one.name);
    one.close();
    expect(isThere(one.name)).toBe(true);
    other.close();
    expect(isThere(one.name)).toBe(false);
  });

  test('one that could not be made leaves nothing, and does not touch who has the name', () => {
    const opened = descriptorsSince();
    const name = newName();
    writeFileSync(`/dev/shm${name}`, 'it is none');
    expect(codeThrownBy(() => make(name))).toBe('EEXIST');
    expect(isThere(name)).toBe(true);
    expect(opened()).toEqual([]);
  });

  test.each(['Node', 'C'])(
    'a FIFO that has its name meanwhile stops nobody, in %s',
    async (where) => {
      const name = newName();
      const is = where === 'C' ? make(name) : undefined;
      const peer =
        where === 'C'
          ? await startC('temporary-peer', [kindName, name, 'hold'])
          : startNode('temporary', [kindName, name, 'close']);
      await peer.line();
      is?.close();
      posix.SharedMemory.unlinkSync(name);
      stream.mkfifoSync(`/dev/shm${name}`);
      peer.end();
      await peer.success();
      expect(isThere(name)).toBe(true);
    },
  );

  test('the ends keep it', async () => {
    const name = newName();
    const endOf = (one: channel.Channel | channel.Broadcast): channel.Sender | channel.Publisher =>
      one instanceof channel.Channel ? one.sender() : one.publisher();
    const end = endOf(make(name));
    for (let i = 0; i < 5; i++) {
      collectGarbage();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(isThere(name)).toBe(true);
    end.close();
  });

  test('a forgotten one goes', async () => {
    const name = newName();
    make(name);
    expect(isThere(name)).toBe(true);
    await waitUntil('it is gone', () => {
      collectGarbage();
      return !isThere(name);
    });
  });

  test.each(['exit', 'throw', 'end'])('the last process may %s', async (way) => {
    const one = make();
    const peer = startNode('temporary', [kindName, one.name, 'hold']);
    const last = startNode('temporary', [kindName, one.name, way]);
    await Promise.all([peer.line(), last.line()]);
    one.close();
    await last.ended;
    expect(isThere(one.name)).toBe(true);
    peer.kill('SIGKILL'); // removes nothing
    await peer.ended;
    const other = startNode('temporary', [kindName, one.name, way]);
    await other.line();
    await other.ended;
    expect(isThere(one.name)).toBe(false);
  });

  test('the last worker may be terminated', async () => {
    const name = newName();
    const text = `
      const { channel } = require('posix-ipc');
      const { parentPort, workerData } = require('node:worker_threads');
      globalThis.kept = channel.${kindName}.createSync(workerData, { temporary: true });
      parentPort.postMessage('open');
      setInterval(() => undefined, 1000);`;
    const worker = new Worker(text, { eval: true, workerData: name });
    await soon('the worker', new Promise((resolve) => worker.once('message', resolve)));
    expect(isThere(name)).toBe(true);
    await soon('its end', worker.terminate());
    expect(isThere(name)).toBe(false);
  });

  test('a killed one removes nothing, and is in nobody’s way', async () => {
    const one = make();
    const peer = startNode('temporary', [kindName, one.name, 'hold']);
    await peer.line();
    one.close();
    peer.kill('SIGKILL');
    await peer.ended;
    expect(isThere(one.name)).toBe(true);
    kind.openOrCreateSync(one.name).close();
    expect(isThere(one.name)).toBe(false);
  });

  test('in C, too', async () => {
    const one = make();
    const peer = await startC('temporary-peer', [kindName, one.name, 'hold']);
    expect(await peer.line()).toBe('open');
    one.close();
    expect(isThere(one.name)).toBe(true);
    peer.end();
    await peer.success();
    expect(isThere(one.name)).toBe(false);
  });

  test('whoever has it open has the one that its name leads to', async () => {
    const name = newName();
    const c = await startC('temporary-peer', [kindName, name, 'cycle']);
    const node = [0, 1].map(() => startNode('temporary', [kindName, name, 'cycle:300']));
    const different = await Promise.all(node.map((peer) => peer.success()));
    c.end();
    const found = await c.success();
    const [first = 0, second = 0] = different.map(Number);
    expect(first + second).toBeGreaterThan(4); // gone in between, again and again
    expect(Number(found)).toBeGreaterThan(10);
    expect(isThere(name)).toBe(false);
  });

  test('somebody who has nothing to do with it holds a lock', async () => {
    const peer = startNode('temporary', [kindName, newName(), 'hold']);
    const name = names.at(-1) ?? '';
    await peer.line();
    peer.kill('SIGKILL');
    await peer.ended;
    using file = lock.FileLock.openSync(`/dev/shm${name}`, { kind: 'flock' });
    const exclusive = file.lockSync();
    expect(await rejectionOf(kind.open(name))).toMatchObject({ code: 'EBUSY', path: name });
    exclusive.release();
    const shared = file.lockSync({ shared: true });
    kind.openSync(name).close();
    expect(isThere(name)).toBe(true); // as if somebody used it
    shared.release();
    kind.openSync(name).close();
    expect(isThere(name)).toBe(false);
  });
});

test.each(['yes', 1, null])('temporary: %p', (temporary) => {
  for (const kind of [channel.Channel, channel.Broadcast]) {
    const call = (): unknown => kind.createSync(undefined, { temporary: temporary as never });
    expect(codeThrownBy(call)).toBe('ERR_INVALID_ARG_TYPE');
  }
});
