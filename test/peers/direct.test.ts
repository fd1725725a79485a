/** Direct channels between processes and threads. */

import { readdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import { channel } from 'posix-ipc';

import { coded, directName, isNamed, meet } from '../support/directs';
import { fixture } from '../support/fixture';
import { startC, startNode, type Peer } from '../support/processes';
import { waitUntil } from '../support/wait-until';

const count = 2000;

function start(target: number | string, ...args: (string | number)[]): Peer {
  return startNode('direct-peer', [String(target), ...args.map(String)]);
}

/** Both ends: by name, or by the pid of the other one. */
async function startAndMeet(
  by: string,
  ...args: (string | number)[]
): Promise<[Peer, channel.Direct]> {
  const name = directName();
  const peer = start(by === 'pid' ? process.pid : name, ...args);
  const direct = await meet(by === 'pid' ? peer.pid : name);
  expect(await peer.line()).toBe(String(process.pid));
  expect(direct.peer?.pid).toBe(peer.pid);
  return [peer, direct];
}

describe.each(['name', 'pid'])('two processes, by %s', (by) => {
  test('requests of this one', async () => {
    const [peer, direct] = await startAndMeet(by, 'answer');
    const asked = Array.from({ length: count }, (_, i) => direct.request(`request ${String(i)}`));
    const replies = (await Promise.all(asked)).map((reply) => reply.reverse().toString());
    expect(replies).toEqual(replies.map((_, i) => `request ${String(i)}`));
    for (let i = 0; i < 100; i++) expect(direct.requestSync('ab').toString()).toBe('ba');
    direct.close();
    await peer.success();
    expect(isNamed(direct.name)).toBe(false);
  });

  test.each(['ask', 'ask-sync'])('requests of the other one: %s', async (command) => {
    const [peer, direct] = await startAndMeet(by, command, count);
    let answered = 0;
    direct.onRequest(({ data }) => {
      answered++;
      return data.reverse();
    });
    await peer.success();
    await direct.ended();
    expect(answered).toBe(count);
  });

  test('a peer that is killed: what is pending fails at once, and nothing is left', async () => {
    const [peer, direct] = await startAndMeet(by, 'hold', 100);
    const asked = Array.from({ length: 100 }, () => direct.request('x'));
    const failures = asked.map((one) => one.catch((error: unknown) => error));
    const receiving = direct.receive().catch((error: unknown) => error);
    const iterating = direct
      .messages()
      .next()
      .catch((error: unknown) => error);
    const ended = direct.ended();
    let signal: AbortSignal | undefined;
    direct.onRequest((request) => {
      ({ signal } = request);
      return new Promise(() => undefined);
    });
    expect(await peer.line()).toBe('all there');
    await waitUntil('a request of the peer', () => signal !== undefined);
    peer.kill('SIGKILL');
    await ended;
    expect(await Promise.all(failures)).toEqual(failures.map(() => coded('ECONNRESET')));
    expect(await receiving).toEqual(coded('ECONNRESET'));
    expect(await iterating).toEqual(coded('ECONNRESET'));
    expect(signal?.reason).toEqual(coded('ECONNRESET'));
    await expect(direct.request('x')).rejects.toThrow(coded('ECONNRESET'));
    expect(isNamed(direct.name)).toBe(false);
  });
});

test('a peer that is killed while this thread is blocked', async () => {
  for (const wait of [
    (direct: channel.Direct) => direct.requestSync('x'),
    (direct: channel.Direct) => direct.receiveSync(),
  ]) {
    const [peer, direct] = await startAndMeet('name', 'hold', 1);
    peer.kill('SIGKILL');
    expect(() => wait(direct)).toThrow(coded('ECONNRESET'));
  }
});

test('process.exit is immediate, whatever is pending; the other end sees it closed', async () => {
  const [peer, direct] = await startAndMeet('name', 'exit', 1);
  await expect(direct.request('x')).rejects.toThrow(coded('EPIPE'));
  expect(await peer.ended).toMatchObject({ code: 7 });
  await waitUntil('the name is removed', () => !isNamed(direct.name));
});

test('one that exits while it waits alone leaves nothing', async () => {
  const name = directName();
  expect(await start(name, 'alone-exit').ended).toMatchObject({ code: 7, stdout: 'waits\n' });
  expect(isNamed(name)).toBe(false);
});

test('one that is killed while it waits alone is found dead by the next one', async () => {
  const name = directName();
  const peer = start(name, 'alone');
  expect(await peer.line()).toBe('waits');
  expect(isNamed(name)).toBe(true);
  await expect(channel.direct(peer.pid, { timeout: 50 })).rejects.toThrow(coded('ETIMEDOUT'));
  const waiting = channel.direct(peer.pid);
  peer.kill('SIGKILL');
  await expect(waiting).rejects.toThrow(coded('ESRCH'));
  expect(isNamed(name)).toBe(true);
  const [one, other] = await Promise.all([meet(name), meet(name)]);
  one.sendSync('x');
  expect(other.receiveSync().data.toString()).toBe('x');
});

test('two that are killed at once leave nothing by pid, and by name until the next ones', async () => {
  const name = directName();
  const killed = ['one', 'other'].map(() => start(name, 'hold', 2));
  for (const peer of killed) await peer.line();
  for (const peer of killed) peer.kill('SIGKILL');
  await Promise.all(killed.map((peer) => peer.ended));
  const peer = start(name, 'answer');
  const direct = await meet(name);
  expect((await direct.request('ab')).toString()).toBe('ba');
  direct.close();
  await peer.success();
  const left = readdirSync('/dev/shm').filter((one) => one.includes(`-${String(process.pid)}.`));
  expect(left).toEqual([]);
});

test('one that only waits for requests ends when it is unref', async () => {
  const [peer, direct] = await startAndMeet('name', 'idle');
  expect(await peer.success()).toContain('done');
  await direct.ended();
});

test('a worker thread is a peer, and ends as one', async () => {
  const name = directName();
  const worker = new Worker(fixture('direct-peer'), { argv: [name, 'answer'], stdout: true });
  const direct = await meet(name);
  expect((await direct.request('ab')).toString()).toBe('ba');
  const pending = direct.receive().catch((error: unknown) => error);
  await worker.terminate();
  expect(await pending).toEqual(coded('ECONNRESET'));
});

test('a C program answers requests, with the header of the channel', async () => {
  const name = directName();
  const waiting = meet(name, { capacity: 2048, window: 8 });
  const peer = await startC('direct-c-peer', [name]);
  const direct = await waiting;
  expect(direct.peer?.pid).toBe(peer.pid);
  const asked = Array.from({ length: 500 }, (_, i) => direct.request(`request ${String(i)}`));
  const replies = (await Promise.all(asked)).map(String);
  expect(replies).toEqual(replies.map((_, i) => `REQUEST ${String(i)}`));
  const refused: unknown = await direct.request('x', { type: 13 }).catch((e: unknown) => e);
  expect(refused).toBeInstanceOf(channel.RemoteError);
  expect(refused).toMatchObject({ code: 'EUNLUCKY', message: 'not with thirteen' });
  direct.close();
  expect(await peer.success()).toContain('done');
});
