/** An eventfd between two processes that got it through stdio: Node and Node, Node and C. */

import { event } from 'posix-ipc';

import { type Peer, startC, startNode } from '../support/processes';
import { soon } from '../support/wait-until';

const count = 2000;

interface Pair {
  request: event.EventFd;
  reply: event.EventFd;
  peer: Peer;
}

const peers: [name: string, start: (descriptors: number[]) => Promise<Peer>][] = [
  ['C', (descriptors) => startC('eventfd-peer', [String(count)], descriptors)],
  ...['sync', 'promise'].map((form): (typeof peers)[number] => [
    `Node, ${form}`,
    (descriptors) =>
      Promise.resolve(startNode('eventfd-peer', [String(count), form], {}, descriptors)),
  ]),
];

const open: event.EventFd[] = [];

afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function pair(start: (typeof peers)[number][1]): Promise<Pair> {
  const [request, reply] = [event.EventFd.createSync(), event.EventFd.createSync()];
  open.push(request, reply);
  return { request, reply, peer: await start([request.fd, reply.fd]) };
}

describe.each(peers)('a peer in %s', (_name, start) => {
  test('answers promise forms', async () => {
    const { request, reply, peer } = await pair(start);
    for (let i = 0; i < count; i++) {
      await request.write();
      expect(await soon('the reply', reply.read())).toBe(1n);
    }
    await peer.success();
  });

  test('answers Sync forms', async () => {
    const { request, reply, peer } = await pair(start);
    for (let i = 0; i < count; i++) {
      request.writeSync();
      expect(reply.readSync({ timeout: 20_000 })).toBe(1n);
    }
    await peer.success();
  });

  test('takes what came while it was busy at once', async () => {
    const { request, reply, peer } = await pair(start);
    for (let i = 0; i < count; i++) expect(request.tryWrite()).toBe(true);
    let seen = 0n;
    while (seen < BigInt(count)) seen += await soon('the reply', reply.read());
    expect(seen).toBe(BigInt(count));
    await peer.success();
  });
});

test('a killed peer is told by event.watchProcess, not by the eventfd', async () => {
  const start = peers.at(-1)?.[1];
  if (start === undefined) throw new Error('unreachable');
  const { reply, peer } = await pair(start);
  const leaving = new AbortController();
  const read = reply.read({ signal: leaving.signal });
  const end = event.watchProcess(peer.pid).then(() => {
    leaving.abort('gone');
  });
  peer.kill('SIGKILL');
  await soon('the end', end);
  await expect(read).rejects.toBe('gone');
});
