/**
 * Abort storm of a POSIX queue: receives and sends that are given up at random, in several processes
 * and workers. Every message is accounted for once, in order per priority and sender.
 *
 * 6,000 messages by default; POSIX_IPC_CAMPAIGN=20 npm test -- campaigns/posix for 120,000.
 */

import path from 'node:path';

import { patience, report, scaled } from '../support/campaign';
import { temporaryPosixQueue } from '../support/posix-queues';
import { startNode } from '../support/processes';
import { runDirectory } from '../support/run-directory';
import { soon, waitUntil } from '../support/wait-until';
import { diedEarly, expectEachOnce, expectInOrder, recordsOf } from './accounts';

const [senders, receivers, priorities] = [2, 2, 3];
const perLine = scaled(1000);
const total = perLine * senders * priorities;

test(
  `${String(total)} messages, receives and sends aborted at random`,
  async () => {
    // Small: senders and receivers wait in turn.
    const queue = temporaryPosixQueue({ maxMessages: 4, messageSize: 64 });
    const prefix = path.join(runDirectory(), `posix-storm-${String(process.pid)}`);
    const takers = Array.from({ length: receivers }, (_, i) =>
      startNode('campaigns/posix-storm-receiver', [queue.name, `${prefix}.${String(i)}`]),
    );
    for (const taker of takers) expect(await taker.line()).toBe('ready');
    const givers = Array.from({ length: senders }, (_, i) =>
      startNode('campaigns/posix-storm-sender', [
        queue.name,
        String(i),
        String(perLine * priorities),
      ]),
    );
    const limit = patience(10);
    const ends = Promise.all(
      givers.map((giver) => soon('the end of a sender', giver.ended, limit)),
    );
    await Promise.race([ends, diedEarly(takers)]);
    for (const giver of givers) await giver.success();
    await waitUntil('the queue is empty', () => queue.attributes.messages === 0);
    for (const taker of takers) taker.tell('stop');
    const given = (await Promise.all(takers.map((taker) => taker.success()))).map(
      (text) => JSON.parse(text.slice('ready\n'.length)) as { failed: number },
    );

    const taken = recordsOf(prefix);
    expectEachOnce(taken, senders * priorities, perLine);
    expectInOrder(taken);
    const givenUp = given.reduce((sum, { failed }) => sum + failed, 0);
    expect(givenUp).toBeGreaterThan(total / 1000); // it was a storm
    report(
      `POSIX storm: ${String(total)} messages, each taken once; ${String(givenUp)} receives given up`,
    );
  },
  patience(10),
);
