/**
 * Descriptors are passed 100,000 times, and none is left; a peer is killed at random while messages
 * and descriptors go both ways, and each wait ends.
 *
 * POSIX_IPC_CAMPAIGN=20 npm test -- campaigns/unix-sockets for more.
 */

import { setTimeout as sleep } from 'node:timers/promises';

import { memory, unix } from 'posix-ipc';

import { patience, report, scaled } from '../support/campaign';
import { collectGarbage } from '../support/collect-garbage';
import { descriptorsSince } from '../support/descriptors';
import { startNode } from '../support/processes';
import { abstractName, closing, closingBoth } from '../support/sockets';
import { soon, waitUntil } from '../support/wait-until';
import { below, oneOf } from './chance';

const passes = scaled(100_000);
const kills = scaled(15);

/** Passes some; each is closed, handed over and closed, forgotten, or refused. */
function pass(one: unix.SeqPacket, other: unix.SeqPacket, fd: number): number {
  const count = 1 + below(8);
  one.sendSync('x', { fds: Array.from({ length: count }, () => fd) });
  const message = other.receiveSync();
  const received = message?.fds ?? [];
  expect(received).toHaveLength(message?.fdsError === undefined ? count : 0);
  if (below(20) === 0) return count; // forgotten
  for (const each of received) {
    if (below(2) === 0) each.close();
    else memory.Memfd.fromFdSync(each.detach()).close();
  }
  return count;
}

test(
  `${String(passes)} descriptors`,
  async () => {
    const memfd = closing(memory.memfdSync('passed'));
    const pair = closingBoth(unix.socketpairSync('seqpacket', { fds: 7 })); // 8 are too many
    const opened = descriptorsSince();
    let passed = 0;
    for (let i = 1; passed < passes; i++) {
      passed += pass(...pair, memfd.fd);
      if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await waitUntil('the forgotten ones are closed', () => {
      collectGarbage();
      return opened().length === 0;
    });
    expect(opened()).toEqual([]);
    report(`${String(passed)} descriptors were passed`);
  },
  patience(30),
);

type Connected = unix.SeqPacket | unix.Stream;

/** Sends, or receives, until that fails or ends; how it ended. */
async function until(step: () => Promise<unknown>): Promise<string> {
  try {
    while ((await step()) !== null);
    return 'end of file';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

test(
  `${String(kills)} kills of a peer`,
  async () => {
    const opened = descriptorsSince();
    const ways: Record<string, number> = {};
    for (let i = 0; i < kills; i++) {
      const kind = oneOf(['seqpacket', 'stream'] as const);
      const address = abstractName();
      const peer = startNode('socket-peer', ['listen', kind, address.replace('\0', '@')]);
      await peer.line();
      const Client = kind === 'stream' ? unix.Stream : unix.SeqPacket;
      const connecting: Promise<Connected> = Client.connect(address, { fds: 4 });
      const socket = await connecting;
      const data = Buffer.alloc(1 + below(2000), 1);
      const sending = until(() => socket.send(data, { fds: Array(below(3)).fill(0) as number[] }));
      const receiving = until(async () => {
        const message: unix.Message | null = await socket.receive();
        for (const fd of message?.fds ?? []) fd.close();
        return message;
      });
      await sleep(below(60));
      peer.kill('SIGKILL');
      for (const way of await soon('both ends', Promise.all([sending, receiving]))) {
        ways[way] = (ways[way] ?? 0) + 1;
      }
      socket.close();
      await peer.ended;
    }
    for (const way of Object.keys(ways))
      expect(['end of file', 'EPIPE', 'ECONNRESET']).toContain(way);
    await waitUntil('all is closed', () => {
      collectGarbage();
      return opened().length <= 1; // an epoll instance stays
    });
    report(`${String(kills)} kills: ${JSON.stringify(ways)}`);
  },
  patience(20),
);
