/** Unix sockets between this process and one in C, in Python, in Node: both connect, both listen. */

import { fstatSync } from 'node:fs';
import path from 'node:path';

import { memory, unix } from 'posix-ipc';

import { Peer, startC, startNode } from '../support/processes';
import { abstractName, closing, socketPath } from '../support/sockets';
import { soon, waitUntil } from '../support/wait-until';

type Kind = keyof unix.SocketTypes;
type AnySocket = unix.Datagram | unix.SeqPacket | unix.Stream;

const starts: [string, (args: string[]) => Promise<Peer>][] = [
  ['C', (args) => startC('socket-peer', args)],
  ['Node', (args) => Promise.resolve(startNode('socket-peer', args))],
  [
    'Python',
    (args) => {
      const program = path.resolve(__dirname, '../fixtures/socket-peer.py');
      return Promise.resolve(new Peer('python3', [program, ...args]));
    },
  ],
];

const options = { fds: 253 };

function nameFor(address: string): string {
  return address.replace('\0', '@');
}

/** Connects to a peer that listens. */
async function connect(kind: Kind, address: string): Promise<AnySocket> {
  if (kind === 'stream') return unix.Stream.connect(address, options);
  if (kind === 'seqpacket') return unix.SeqPacket.connect(address, options);
  const own = await unix.Datagram.create(unix.autobind, options);
  await own.connect(address);
  return own;
}

/** A peer that connects to us: the socket to it. */
async function accept(
  kind: Kind,
  address: string,
  start: () => Promise<Peer>,
): Promise<[AnySocket, Peer]> {
  const Server = kind === 'stream' ? unix.StreamServer : unix.SeqPacketServer;
  const server = closing(await Server.create(address, options));
  const peer = await start();
  const accepted: Promise<AnySocket> = server.accept();
  return [await soon('the connection', accepted), peer];
}

async function exchange(socket: AnySocket): Promise<void> {
  const files = [closing(memory.memfdSync('a')), closing(memory.memfdSync('b'))];
  const identities = files.map(({ fd }) => fstatSync(fd).ino);
  for (let i = 0; i < 20; i++) {
    const fds = files.slice(0, i % 3);
    await socket.send(`message ${String(i)}`, { fds });
    const message = await soon('the answer', socket.receive());
    expect(message?.data.toString()).toBe(`message ${String(i)}`);
    expect(message?.fds.map(({ fd }) => fstatSync(fd).ino)).toEqual(identities.slice(0, i % 3));
    for (const fd of message?.fds ?? []) fd.close();
  }
}

describe.each(starts)('%s', (_language, start) => {
  describe.each(['datagram', 'seqpacket', 'stream'] as const)('%s', (kind) => {
    test.each([
      ['a path', socketPath],
      ['an abstract name', abstractName],
    ])('it listens at %s', async (_name, make) => {
      const address = make();
      const peer = await start(['listen', kind, nameFor(address)]);
      expect(await peer.line()).toBe('ready');
      const socket = closing<AnySocket>(await connect(kind, address));
      await exchange(socket);
      await socket.send('end');
      await peer.success();
    });
  });

  test.each(['seqpacket', 'stream'] as const)('%s: it connects', async (kind) => {
    const address = abstractName();
    const [socket, peer] = await accept(kind, address, () =>
      start(['connect', kind, nameFor(address)]),
    );
    closing<AnySocket>(socket);
    expect((await socket.receive())?.data.toString()).toBe('hello');
    expect(socket.peerCredentials.pid).toBe(peer.pid);
    await exchange(socket);
    socket.close();
    await peer.success();
  });

  test('datagrams that it sends to us', async () => {
    const socket = closing(unix.Datagram.createSync(abstractName(), { credentials: true }));
    const peer = await start(['connect', 'datagram', nameFor(socket.address as string)]);
    const message = await soon('a message', socket.receive());
    expect(message).toMatchObject({ credentials: { pid: peer.pid } });
    expect(message?.data.toString()).toBe('hello');
    peer.kill('SIGKILL');
  });

  test.each(['seqpacket', 'stream'] as const)('%s: it is killed', async (kind) => {
    const address = abstractName();
    const peer = await start(['listen', kind, nameFor(address)]);
    await peer.line();
    const socket = closing<AnySocket>(await connect(kind, address));
    await exchange(socket);
    const received: Promise<unix.Message | null> = socket.receive();
    peer.kill('SIGKILL');
    expect(await soon('the end', received)).toBeNull();
    await waitUntil('the process is gone', async () => (await peer.ended).signal === 'SIGKILL');
  });
});
