/** Pipes: what is measured, and how fast it should be. FIFOs, which programs find by a name. */

import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stream } from 'posix-ipc';
import type { Compiler } from '../core/compiler';
import { rate } from '../core/figures';
import type { Contender, Facility, Goal, Measure, Meeting } from '../core/measure';
import type { Work } from '../core/params';
import { Plan, SMALL } from '../core/plan';
import { REPLY, REQUEST } from '../core/slots';
import type { Effort } from '../options';
import { trips } from './rows';

const BULK = 65_536;

const ours = (...forms: string[]): Contender => ({
  language: 'JavaScript',
  driver: 'pipes',
  forms,
});

const fsStreams: Contender = {
  language: 'JavaScript',
  driver: 'fs-streams',
  forms: ['write', 'for await'],
};

export function facility(effort: Effort, compiler: Compiler): Facility {
  const C: Contender = { language: 'C', program: compiler.scenarios('pipes') };
  const plan = new Plan(effort, C);
  return { measures: [...bulk(plan), ...roundTrips(plan)], meet, facts: {} };
}

function bulk(plan: Plan): Measure[] {
  const row = (group: string, name: string, baseline: Contender, goal?: Goal): Measure => ({
    name,
    group,
    scenario: 'stream',
    work: { ...plan.work(20_000, { size: BULK }), warm: 2000 },
    subject: name.startsWith('fs') ? fsStreams : ours(...name.split(', ').slice(0, 2)),
    baseline,
    figures: [rate(goal)],
  });
  const toC = 'One way through a FIFO, 64 KiB; C: write in one process, read in the other';
  const toNode = 'The same beside the streams of fs: createWriteStream, createReadStream';
  const atLeast = (limit: number): Goal => ({ of: 'ratio', limit });
  return [
    row(toC, 'await write, for await', plan.C, atLeast(0.8)),
    row(toC, 'await write, readInto', plan.C, atLeast(0.8)),
    row(toC, 'writeSync, readIntoSync', plan.C, atLeast(0.8)),
    row(toC, 'fs streams', plan.C),
    row(toNode, 'await write, for await, beside fs', fsStreams, atLeast(1.2)),
  ];
}

function roundTrips(plan: Plan): Measure[] {
  const group = 'Round trip through two FIFOs, 64 B; C: blocking calls';
  const forms = [
    { name: 'FIFO sync', subject: ours('sync', 'sync'), limit: 1.5 },
    { name: 'FIFO promise', subject: ours('promise', 'promise'), limit: 2 },
  ];
  return trips(plan, group, forms, { size: SMALL });
}

/** Both FIFOs stay open here, so that nothing in them is lost between two programs. */
function meet({ size }: Work): Meeting {
  const prefix = path.join(tmpdir(), `posix-ipc-bench-fifo-${randomUUID()}`);
  const files = [REQUEST, REPLY].map((type) => `${prefix}.${String(type)}`);
  const readers = files.map((file) =>
    stream.Fifo.createSync(file).openReaderSync({ keepOpen: true }),
  );
  return {
    address: `${prefix}:${String(size)}`,
    // The streams of fs leave some: each payload is looked at, and that has to do.
    complaint: () => undefined,
    remove: () => {
      for (const reader of readers) reader.close();
      for (const file of files) rmSync(file, { force: true });
    },
  };
}
