/**
 * GC storm: sends from memory that is dropped, written over and collected while they wait; and the
 * receiver collects too. Every payload arrives intact, in order.
 *
 * 100,000 sends by default; POSIX_IPC_CAMPAIGN=20 npm test -- campaigns/gc for two million.
 */

import { patience, report, scaled } from '../support/campaign';
import { collectGarbage } from '../support/collect-garbage';
import { startNode } from '../support/processes';
import { temporaryQueue } from '../support/queues';
import { unseal } from './sealed';

const messages = scaled(100_000);

test(
  `${String(messages)} sends while the sender allocates and collects`,
  async () => {
    const queue = temporaryQueue({ maxBytes: 2048 }); // small: most sends have to wait
    const sender = startNode('campaigns/gc-sender', [String(queue.id), String(messages)], {
      execArgv: ['--expose-gc', '--max-semi-space-size=1'],
    });
    let next = 0;
    let kept: Buffer[] = [];
    for await (const { data } of queue) {
      if (unseal(data) !== next) throw new Error(`out of order: ${data.toString()}`);
      next++;
      kept.push(data);
      if (kept.length === 500) {
        collectGarbage('minor');
        // Nothing that came later may have been written over them.
        kept.forEach((one, i) => {
          if (unseal(one) !== next - kept.length + i) throw new Error('a received message changed');
        });
        kept = [];
      }
      if (next === messages) break;
    }
    expect(await sender.success()).toBe('');
    expect(queue.statSync().messages).toBe(0);
    report(`gc storm: ${String(messages)} payloads arrived intact and in order`);
  },
  patience(20),
);
