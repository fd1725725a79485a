/**
 * FIFOs and pipes under storms: writers that must not mix, peers that are killed, ends that are
 * opened and closed again and again.
 */

import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import type { stream } from 'posix-ipc';

import { patience, report, scaled } from '../support/campaign';
import { descriptorsSince } from '../support/descriptors';
import { closing, temporaryFifo, temporaryPipe } from '../support/pipes';
import { type Peer, startC, startNode } from '../support/processes';
import { soon, waitUntil } from '../support/wait-until';

const PIPE_BUF = 4096;
const writers = 8;

/** The number of each writer's records, in order; throws where a record is of more than one. */
function checkRecord(record: Buffer, seen: number[]): void {
  const writer = record.readInt32LE(0);
  const count = record.readInt32LE(4);
  expect([writer, count]).toEqual([writer, seen[writer]]);
  expect(record.subarray(8).equals(Buffer.alloc(PIPE_BUF - 8, writer + 1))).toBe(true);
  seen[writer] = count + 1;
}

test(
  '8 writers, in Node and C: no record is mixed with another, none is lost',
  async () => {
    const each = scaled(500);
    const fifo = temporaryFifo();
    const server = closing(await fifo.openReader({ keepOpen: true }));
    server.capacity = 2 * PIPE_BUF; // they all have to wait
    const args = (writer: number): string[] => [fifo.path, 'records', String(writer), String(each)];
    const peers: Peer[] = [];
    for (let writer = 0; writer < writers; writer++) {
      const start = writer % 2 === 0 ? startNode : startC;
      peers.push(await start('fifo-peer', args(writer)));
    }
    const seen = Array.from({ length: writers }, () => 0);
    let records = 0;
    for await (const record of server.records(PIPE_BUF, { timeout: 30_000 })) {
      checkRecord(record, seen);
      if (++records === writers * each) break;
    }
    for (const peer of peers) await peer.success();
    expect(seen).toEqual(Array.from({ length: writers }, () => each));
    expect(server.tryRead()).toBeUndefined();
    report(
      `${String(records)} records of ${String(PIPE_BUF)} bytes from ${String(writers)} writers`,
    );
  },
  patience(20),
);

/** Reads until the end, which has to come. */
async function readToTheEnd(reader: stream.PipeReader): Promise<number> {
  let length = 0;
  for await (const chunk of reader) length += chunk.length;
  return length;
}

/** Writes until nobody reads any more. */
async function writeUntilEpipe(writer: stream.PipeWriter): Promise<number> {
  const bytes = Buffer.alloc(10_000);
  for (let length = 0; ;) {
    try {
      length += await writer.write(bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EPIPE') return length;
      throw error;
    }
  }
}

test.each(['Node', 'C'] as const)(
  'a peer in %s that is killed at any moment: the end or EPIPE, and never a hang',
  async (language) => {
    const start = language === 'C' ? startC : startNode;
    const kills = scaled(language === 'C' ? 30 : 6);
    let bytes = 0;
    for (let i = 0; i < kills; i++) {
      const fifo = temporaryFifo();
      const isWriter = i % 2 === 0;
      const peer = await start('fifo-peer', [fifo.path, isWriter ? 'write' : 'read']);
      const ours = isWriter
        ? fifo.openReader().then((end) => readToTheEnd(closing(end)))
        : fifo.openWriter().then((end) => writeUntilEpipe(closing(end)));
      expect(await peer.line()).toBe('open');
      await pause(randomInt(5));
      peer.kill('SIGKILL');
      bytes += await soon('the end of our side', ours);
      await peer.ended;
    }
    report(`${String(kills)} peers in ${language} killed, ${String(bytes)} bytes before`);
  },
  patience(20),
);

test(
  'opening and closing leaves nothing behind',
  async () => {
    const cycles = scaled(10_000);
    const fifo = temporaryFifo();
    const opened = descriptorsSince();
    for (let i = 0; i < cycles; i++) {
      if (i % 20 === 0) {
        const [reader, writer] = await Promise.all([fifo.openReader(), fifo.openWriter()]);
        reader.close();
        writer.close();
      } else if (i % 20 === 1) {
        await expect(fifo.openReader({ timeout: 0.1 })).rejects.toMatchObject({
          code: 'ETIMEDOUT',
        });
      } else {
        const { reader, writer } = temporaryPipe();
        void reader.read().catch(() => undefined);
        writer.writeSync('x');
        reader.close();
        writer.close();
      }
    }
    await waitUntil('all are closed', () => opened().length <= 2); // epoll and its like are kept
    expect(opened().length).toBeLessThanOrEqual(2);
    report(`${String(cycles)} cycles`);
  },
  patience(20),
);
