/**
 * Abort storm: receives and sends that are given up at random, in several processes and workers,
 * under signals. Every message is accounted for once, in order per type and sender.
 *
 * 100,000 messages by default; POSIX_IPC_CAMPAIGN=20 npm test -- campaigns/abort for two million.
 */

import path from 'node:path';

import { diedEarly, expectEachOnce, expectInOrder, recordsOf } from './accounts';
import { below } from './chance';
import { emptyType, types } from './storm-types';
import { patience, report, scaled } from '../support/campaign';
import { startNode } from '../support/processes';
import { temporaryQueue } from '../support/queues';
import { runDirectory } from '../support/run-directory';
import { soon, waitUntil } from '../support/wait-until';

const senders = 2;
const receivers = 2;
const workersPerReceiver = 2;
const perType = Math.ceil(scaled(100_000) / senders / types.length);
const total = perType * senders * types.length;
/** The highest real-time signal: the one that the package wakes its own threads with. */
const wakeUpSignal = 64;

type Peer = ReturnType<typeof startNode>;

/** Signals of others, at random moments, until it is told to stop. */
function shootAt(peers: readonly Peer[]): () => void {
  const timer = setInterval(() => {
    const peer = peers[below(peers.length)];
    if (peer !== undefined) process.kill(peer.pid, below(2) === 0 ? 'SIGUSR2' : wakeUpSignal);
  }, 3);
  return () => {
    clearInterval(timer);
  };
}

test(
  `${String(total)} messages, receives and sends aborted at random`,
  async () => {
    const queue = temporaryQueue({ maxBytes: 64 }); // small: senders and receivers wait in turn
    const id = String(queue.id);
    const prefix = path.join(runDirectory(), `abort-storm-${String(process.pid)}`);
    const takers = Array.from({ length: receivers }, (_, i) =>
      startNode('campaigns/storm-receiver', [
        id,
        `${prefix}.${String(i)}`,
        String(workersPerReceiver),
      ]),
    );
    for (const taker of takers) expect(await taker.line()).toBe('ready');
    const begin = performance.now();
    const givers = Array.from({ length: senders }, (_, i) =>
      startNode('campaigns/storm-sender', [id, String(i), String(perType * types.length)]),
    );
    const stopShooting = shootAt(takers);

    const limit = patience(30);
    const ends = Promise.all(
      givers.map((giver) => soon('the end of a sender', giver.ended, limit)),
    );
    await Promise.race([ends, diedEarly(takers)]);
    const sent = (await Promise.all(givers.map((giver) => giver.success()))).map(
      (text) => JSON.parse(text) as { failures: number },
    );
    await waitUntil('the queue is empty', () => queue.statSync().messages === 0);
    stopShooting();
    for (const taker of takers) taker.tell('stop');
    const given = (await Promise.all(takers.map((taker) => taker.success()))).map(
      (text) => JSON.parse(text.slice('ready\n'.length)) as { failed: number; closed: number },
    );

    const left = queue.drainSync();
    const taken = recordsOf(prefix);
    const numbered = taken.filter(({ type }) => type !== emptyType);
    expect(left).toEqual([]);
    expectEachOnce(numbered, senders * (types.length - 1), perType);
    expectInOrder(numbered);
    expect(taken.length - numbered.length).toBe(perType * senders); // the empty ones
    const givenUp = given.reduce((sum, { failed }) => sum + failed, 0);
    const closed = given.reduce((sum, one) => sum + one.closed, 0);
    const refused = sent.reduce((sum, { failures }) => sum + failures, 0);
    expect(givenUp).toBeGreaterThan(total / 1000); // it was a storm
    report(
      `abort storm: ${String(total)} messages, each taken once; ` +
        `${String(givenUp)} receives given up, ${String(closed)} closed, ${String(refused)} sends given up; ` +
        `${((performance.now() - begin) / 1000).toFixed(1)} s`,
    );
  },
  patience(30),
);
