/**
 * Memory storm: files, anonymous memory, memfds, POSIX and System V shared memory are mapped,
 * viewed, resized, protected, cloned, transferred, closed and dropped at random, in a process and
 * its workers, which end at random. No view shows memory of others, and all mappings come back.
 *
 * 10,000 steps by default; POSIX_IPC_CAMPAIGN=20 npm test -- campaigns/memory for 200,000.
 * POSIX_IPC_SEED=NUMBER repeats the main thread's steps; those of workers come at moments of their own.
 */

import { randomInt } from 'node:crypto';

import { patience, report, scaled } from '../support/campaign';
import { temporaryFile } from '../support/files';
import { startNode } from '../support/processes';
import { temporarySegment } from '../support/segments';
import { shared } from '../support/shared-memory';
import { soon } from '../support/wait-until';
import { tags, type Lasting } from './memory-objects';

const seed = Number(process.env['POSIX_IPC_SEED'] ?? randomInt(2 ** 32));
const steps = scaled(10_000);
const size = 16 * 4096;

function file(tag: number): string {
  return temporaryFile(Buffer.alloc(size, tag));
}

function segment(tag: number): number {
  const made = temporarySegment({ size });
  using mapping = made.attachSync();
  mapping.bytes.fill(tag);
  return made.id;
}

function named(tag: number): string {
  const made = shared(size);
  made.bytes.fill(tag);
  return made.name;
}

test(
  `${String(steps)} steps with mapped memory (seed ${String(seed)})`,
  async () => {
    const lasting: Lasting = {
      size,
      files: [0, 1, 2, 3].map((index) => file(tags.file(index))),
      segments: [0, 1].map((index) => segment(tags.segment(index))),
      names: [0, 1].map((index) => named(tags.name(index))),
      transferred: file(tags.transferred),
    };
    const args = [String(seed), String(steps), JSON.stringify(lasting)];
    const peer = startNode('campaigns/memory-storm', args, { execArgv: ['--expose-gc'] });
    const ended = await soon('the end of the storm', peer.ended, patience(30));
    expect({ seed, ...ended }).toMatchObject({ seed, code: 0, signal: null, stderr: '' });
    const seen = JSON.parse(ended.stdout) as {
      left: string[];
      staying: number;
      steps: Record<string, number>;
      workers: number;
      given: number;
      taken: number;
    };
    const { steps: counts, left, ...numbers } = seen;
    report(`memory storm, seed ${String(seed)}: ${JSON.stringify(numbers)}`);
    const refused = Object.keys(counts).filter((name) => name.endsWith(' refused'));
    const onlyRefused = refused.filter((name) => !(name.replace(' refused', '') in counts));
    expect(left).toEqual([]);
    expect(seen.workers).toBeGreaterThan(0);
    // A short storm, under a sanitizer, may not come to everything.
    if (steps >= 10_000) expect(onlyRefused).toEqual([]);
  },
  patience(30),
);
