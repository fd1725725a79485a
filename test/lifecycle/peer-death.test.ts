/** What each wait for a peer says when the peer is killed; its descriptors are closed by the kernel. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';

import { event, stream, unix } from 'posix-ipc';

import { untilBlockedIn, type BlockingCall } from '../support/blocked';
import { temporaryPipe } from '../support/pipes';
import { temporaryPosixQueue } from '../support/posix-queues';
import { abstractName, closing } from '../support/sockets';
import { soon } from '../support/wait-until';
import { fill } from './socket-contents';

interface Peer {
  pid: number;
  kill: () => Promise<void>;
}

const ends = new Set<() => Promise<void>>();

afterEach(async () => {
  for (const end of ends) await end();
  ends.clear();
});

/** A process that has nothing but these descriptors, and does nothing with them. */
function peerWith(...descriptors: number[]): Peer {
  const child = spawn('sleep', ['1000'], { stdio: ['ignore', 'ignore', 'ignore', ...descriptors] });
  const exit = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await soon('its end', exit);
  };
  ends.add(kill);
  return { pid: child.pid ?? -1, kill };
}

/** Gives a descriptor away: only the peer has it. */
function given(fd: number): Peer {
  const peer = peerWith(fd);
  closeSync(fd);
  return peer;
}

/** How a wait ended: a word for its value, or its code. */
async function endOf(wait: Promise<unknown>): Promise<string> {
  try {
    const value = await soon('the end of the wait', wait);
    return value === null ? 'end' : 'done';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

interface Scene {
  peer: Peer;
  wait: Promise<unknown>;
}

/** One of a pair is the peer's; the other one waits, perhaps with no room left. */
function pairOf(
  kind: 'seqpacket' | 'stream' | 'datagram',
  begin: (socket: unix.SeqPacket) => Promise<unknown>,
): Scene {
  const [one, other] = unix.socketpairSync(kind) as unknown as [unix.SeqPacket, unix.SeqPacket];
  const socket = closing(one);
  const peer = given(other.detach());
  return { peer, wait: begin(socket) };
}

const receive = (socket: unix.SeqPacket): Promise<unknown> => socket.receive();

function send(socket: unix.SeqPacket): Promise<unknown> {
  fill(socket.fd);
  return socket.send('x');
}

function scenesOf(kind: 'read' | 'write'): () => Scene {
  return () => {
    const { reader, writer } = temporaryPipe();
    if (kind === 'read') {
      const peer = given(writer.detach());
      return { peer, wait: reader.read() };
    }
    const peer = given(reader.detach());
    return { peer, wait: writer.write(Buffer.alloc(200_000)).then(() => writer.write('x')) };
  };
}

function connecting(): Scene {
  const address = abstractName();
  const server = unix.SeqPacketServer.createSync(address, { backlog: 0 });
  closing(unix.SeqPacket.connectSync(address));
  const wait = unix.SeqPacket.connect(address);
  return { peer: given(server.detach()), wait };
}

function sendingTo(): Scene {
  const address = abstractName();
  const receiver = unix.Datagram.createSync(address);
  const sender = closing(unix.Datagram.createSync());
  while (sender.trySendTo(address, 'x'));
  return { wait: sender.sendTo(address, 'x'), peer: given(receiver.detach()) };
}

const told: [name: string, sleeps: BlockingCall, end: string, scene: () => Scene][] = [
  ['SeqPacket.receive', 'epoll_any', 'end', () => pairOf('seqpacket', receive)],
  // What it had not read is lost, and packets are told so: see the rows message-reset.
  ['SeqPacket.send', 'epoll_any', 'ECONNRESET', () => pairOf('seqpacket', send)],
  ['Stream.receive', 'epoll_any', 'end', () => pairOf('stream', receive)],
  ['Stream.send', 'epoll_any', 'EPIPE', () => pairOf('stream', send)],
  ['Datagram.send', 'epoll_any', 'ECONNREFUSED', () => pairOf('datagram', send)],
  ['Datagram.sendTo', 'epoll_any', 'ECONNREFUSED', sendingTo],
  ['SeqPacket.connect', 'connect', 'ECONNREFUSED', connecting],
  ['PipeReader.read', 'epoll_any', 'end', scenesOf('read')],
  ['PipeWriter.write', 'epoll_any', 'EPIPE', scenesOf('write')],
  [
    'Process.ended',
    'epoll_any',
    'done',
    () => {
      const peer = peerWith();
      return { peer, wait: closing(event.Process.openSync(peer.pid)).ended() };
    },
  ],
  [
    'watchProcess',
    'epoll_any',
    'done',
    () => {
      const peer = peerWith();
      return { peer, wait: event.watchProcess(peer.pid) };
    },
  ],
];

test.each(told)('%s: the peer is killed', async (_name, sleeps, end, scene) => {
  const { peer, wait } = scene();
  const ended = endOf(wait);
  await untilBlockedIn(sleeps, process.pid);
  await peer.kill();
  expect(await ended).toBe(end);
});

interface Shared {
  readonly fd: number;
  close(): void;
}

/** What the peer has too, and how it is waited for. */
function untold<O extends Shared>(
  name: string,
  make: () => O,
  wait: (object: O, options: { timeout: number }) => Promise<unknown>,
): [name: string, begin: () => Scene] {
  const begin = (): Scene => {
    const object = closing(make());
    return { peer: peerWith(object.fd), wait: wait(object, { timeout: 60 }) };
  };
  return [name, begin];
}

test.each([
  untold(
    'EventFd.read',
    () => event.EventFd.createSync(),
    (bell, limits) => bell.read(limits),
  ),
  untold(
    'Datagram.receive',
    () => unix.Datagram.createSync(abstractName()),
    (socket, limits) => socket.receive(limits),
  ),
  untold(
    'SeqPacketServer.accept',
    () => unix.SeqPacketServer.createSync(abstractName()),
    (server, limits) => server.accept(limits),
  ),
  untold(
    'posix.MessageQueue.receive',
    () => temporaryPosixQueue(),
    (queue, limits) => queue.receive(limits),
  ),
])('%s: nobody is told, and the wait goes on', async (_name, begin) => {
  const { peer, wait } = begin();
  const ended = endOf(wait);
  await peer.kill();
  expect(await ended).toBe('ETIMEDOUT');
});

test('PipeReader.read: another writer is left', async () => {
  const { reader, writer } = temporaryPipe();
  const kept = closing(stream.PipeWriter.fromFdSync(writer.fd, { own: false }));
  const peer = given(writer.detach());
  const reading = reader.read({ timeout: 10_000 });
  await peer.kill();
  await kept.write('on');
  expect(String(await reading)).toBe('on');
});
