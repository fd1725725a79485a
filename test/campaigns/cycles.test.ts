/**
 * Objects that are opened, used and closed again and again: the numbers of descriptors and mappings
 * come back to where they were, and nobody has to wait for the garbage collector.
 *
 * 10,000 cycles in all by default; POSIX_IPC_CAMPAIGN=20 npm test -- campaigns/cycles for 200,000.
 */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { event, memory, posix, stream, unix } from 'posix-ipc';

import { patience, report, scaled } from '../support/campaign';
import { descriptorsSince } from '../support/descriptors';
import { settled } from '../support/maps';
import { temporaryPosixQueue } from '../support/posix-queues';
import { runDirectory } from '../support/run-directory';
import { temporarySemaphore } from '../support/semaphores';
import { adoptShared } from '../support/shared-memory';

/** Mappings of memory that can be shared: of nothing that V8 or malloc takes. */
function mappings(): number {
  const lines = readFileSync('/proc/self/maps', 'latin1').split('\n');
  return lines.filter((line) => line.slice(line.indexOf(' ')).startsWith(' rw-s')).length;
}

function sockets(type: keyof unix.SocketTypes): () => Promise<void> {
  return async () => {
    const [one, other] = unix.socketpairSync(type, { fds: 1 });
    const sent: Promise<unknown> = one.send('x', { fds: [0] });
    await sent;
    for (const fd of (await other.receive())?.fds ?? []) fd.close();
    for (const socket of [one, other]) socket.close();
  };
}

async function server(): Promise<void> {
  const listening = unix.SeqPacketServer.createSync(unix.autobind);
  const client = await unix.SeqPacket.connect(listening.address as string);
  const accepted = await listening.accept();
  for (const one of [client, accepted, listening]) one.close();
}

async function waits(): Promise<void> {
  const counter = event.EventFd.createSync();
  const waiting = counter.read(); // it is in the poller when the descriptor is closed
  counter.close();
  await waiting.catch(() => undefined);
}

async function pipe(): Promise<void> {
  const { reader, writer } = stream.pipeSync();
  await writer.write('x');
  await reader.read();
  for (const one of [reader, writer]) one.close();
}

test(
  'descriptors and mappings come back',
  async () => {
    const file = path.join(runDirectory(), 'cycles');
    writeFileSync(file, 'content');
    const queue = temporaryPosixQueue();
    const semaphore = temporarySemaphore();
    const shared = adoptShared(posix.SharedMemory.createSync(undefined, { size: 4096 }));
    const kinds: Record<string, () => Promise<void> | void> = {
      pipe,
      stream: sockets('stream'),
      datagram: sockets('datagram'),
      seqpacket: sockets('seqpacket'),
      server,
      waits,
      'EventFd, copied': () => {
        const counter = event.EventFd.createSync({ initial: 1 });
        const copy = event.EventFd.fromFdSync(counter.fd, { own: false });
        copy.readSync();
        for (const one of [counter, copy]) one.close();
      },
      Process: () => {
        event.Process.openSync(process.pid).close();
      },
      'posix.MessageQueue': async () => {
        using again = posix.MessageQueue.openSync(queue.name);
        await again.send('x');
        again.receiveSync();
      },
      'posix.Semaphore': async () => {
        using again = posix.Semaphore.openSync(semaphore.name);
        again.post();
        await again.wait();
      },
      'posix.SharedMemory': () => {
        using again = posix.SharedMemory.openSync(shared.name);
        again.bytes[0] = 1;
      },
      memfd: async () => {
        using made = memory.memfdSync('cycles', { size: 4096 });
        using mapping = await made.map();
        mapping.bytes[0] = 1;
      },
      'mapped file': () => {
        using mapping = memory.mapSync(file, { access: 'write' });
        mapping.bytes[0] = 1;
      },
      anonymous: async () => {
        using mapping = memory.mapAnonymousSync({ length: 4096 });
        using futex = new event.Futex(mapping);
        await futex.wait(1); // it holds 0
      },
    };
    const each = Math.ceil(scaled(10_000) / Object.keys(kinds).length);
    for (const [name, cycle] of Object.entries(kinds)) {
      await cycle(); // what is made once and stays
      await settled();
      const [opened, before] = [descriptorsSince(), mappings()];
      for (let i = 0; i < each; i++) await cycle();
      await settled();
      const more = {
        descriptors: opened(),
        mappings: Math.max(0, mappings() - before), // less: what earlier tests have forgotten
      };
      expect([name, more]).toEqual([name, { descriptors: [], mappings: 0 }]);
    }
    rmSync(file);
    report(`cycles: ${String(each)} of each of ${Object.keys(kinds).join(', ')}`);
  },
  patience(10),
);
