/**
 * Many environments: workers are made and ended at random while they wait. Threads and memory come
 * back; messages are taken by living workers, or stay.
 *
 * 150 workers by default; POSIX_IPC_CAMPAIGN=20 npm test -- campaigns/environments for 3,000, about
 * two minutes.
 */

import { patience, report, scaled } from '../support/campaign';
import { startNode } from '../support/processes';
import { temporaryQueue } from '../support/queues';
import { soon } from '../support/wait-until';
import { mostWaits, type Environments } from './environments';

const cycles = scaled(150);
const sanitized = process.env['LD_PRELOAD']?.includes('asan') === true;

test(
  `${String(cycles)} workers that end while they wait`,
  async () => {
    const queue = temporaryQueue();
    const peer = startNode('campaigns/environments', [String(queue.id), String(cycles)], {
      execArgv: ['--expose-gc'],
    });
    const limit = patience(20);
    const { code, stdout, stderr } = await soon('the end of all environments', peer.ended, limit);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { warm, end, sent, taken } = JSON.parse(stdout) as Environments;
    const left = queue.drainSync().length;
    const lost = sent - taken - left;
    const grown = (end.rss - warm.rss) / 2 ** 20;
    report(
      `environments: ${String(cycles)} workers; threads ${String(warm.threads)} -> ${String(end.threads)}, ` +
        `mappings ${String(warm.maps)} -> ${String(end.maps)}, memory ${grown.toFixed(1)} MiB more; ` +
        `${String(sent)} messages, ${String(taken)} taken, ${String(left)} left, ${String(lost)} gone with workers`,
    );
    expect(end.threads).toBeLessThanOrEqual(warm.threads);
    // AddressSanitizer keeps freed memory, and maps some of its own.
    if (!sanitized) {
      // A stack that is left is a mapping and a guard page: one per worker would be seen at once.
      expect(end.maps - warm.maps).toBeLessThan(Math.max(cycles / 2, 50));
      expect(grown).toBeLessThan(100);
    }
    // A promise may have resolved in the very moment in which its worker was ended, never twice.
    expect(lost).toBeGreaterThanOrEqual(0);
    expect(lost).toBeLessThanOrEqual(cycles * mostWaits);
    expect(taken).toBeGreaterThan(0);
  },
  patience(20),
);
