/** System V message queues: what is measured, and how fast it should be. */

import { readFileSync } from 'node:fs';
import { sysv, SystemError } from 'posix-ipc';
import type { Compiler } from '../core/compiler';
import { atMost, latency, mean, perMessage, plain, rate } from '../core/figures';
import type { Contender, Facility, Figure, Goal, Measure, Meeting } from '../core/measure';
import type { Work } from '../core/params';
import { Plan, SMALL } from '../core/plan';
import { reported, versionOf } from '../core/rivals';
import type { Effort } from '../options';

/** How many messages go in one call, where a call takes many. */
const BATCH = 16;
const PAGE = 4096;

/** 100,000 last no longer than V8 goes on compiling. */
const PAIRS = 500_000;

const SVMQ = 'svmq';

const ours = (...forms: string[]): Contender => ({ language: 'JavaScript', driver: 'sysv', forms });
const svmq = (...forms: string[]): Contender => ({
  language: 'JavaScript',
  driver: 'svmq',
  forms,
  rival: SVMQ,
});

const KOFFI = 'koffi';

const koffi = (...forms: string[]): Contender => ({
  language: 'JavaScript',
  driver: KOFFI,
  forms,
  rival: KOFFI,
});

export function facility(effort: Effort, compiler: Compiler): Facility {
  const C: Contender = { language: 'C', program: compiler.scenarios('sysv') };
  const plan = new Plan(effort, C);
  const measures = [...pairs(plan), ...streams(plan), ...roundTrips(plan), ...waits(plan)];
  const facts = {
    msgmax: limit('msgmax'),
    msgmnb: limit('msgmnb'),
    [SVMQ]: versionOf(SVMQ),
    [KOFFI]: versionOf(KOFFI),
  };
  return { measures: measures.map(reported), meet, facts };
}

// ---- one process

function pairs(plan: Plan): Measure[] {
  const pair = (name: string, subject: Contender, work: Work, limit?: number): Measure => ({
    name,
    group: 'One process, a message sent and taken back; C: msgsnd + msgrcv',
    scenario: 'pair',
    work,
    subject,
    baseline: plan.C,
    figures: [perMessage(atMost(limit))],
  });
  const single = (form: string, size: number, limit: number): Measure =>
    pair(`${form} ${bytes(size)}`, ours(form), plan.work(PAIRS, { size }), limit);
  const many = (form: string, size: number, limit: number): Measure => {
    const batch = batchOf(size);
    const name = `${form} ${bytes(size)}, ${String(batch)} per call`;
    return pair(name, ours(form), plan.work(PAIRS, { size, batch }), limit);
  };
  return [
    many('sendManySync + drainSync', SMALL, 1.15),
    single('trySend + tryReceiveInto', SMALL, 1.4),
    single('trySend + tryReceive', SMALL, 1.6),
    many('sendManySync + drainSync', PAGE, 1.15),
    single('trySend + tryReceiveInto', PAGE, 1.4),
    single('trySend + tryReceive', PAGE, 1.6),
    pair('svmq push + pop 64 B', svmq('push + pop'), plan.work(3_000)),
    pair('koffi msgsnd + msgrcv 64 B', koffi('msgsnd + msgrcv'), plan.work(PAIRS, { size: SMALL })),
  ];
}

// ---- two processes

function streams(plan: Plan): Measure[] {
  const stream = (
    name: string,
    subject: Contender,
    goal?: Goal,
    more: Partial<Work> = {},
  ): Measure => ({
    name,
    group: 'One way between two processes, 64 B; C: msgsnd in one, msgrcv in the other',
    scenario: 'stream',
    work: plan.work(200_000, more),
    subject,
    baseline: plan.C,
    figures: [rate(goal)],
  });
  const goal: Goal = { of: 'ratio', limit: 0.75 };
  return [
    stream('sendSync, for await', ours('sendSync', 'for await'), goal),
    stream('sendSync, for await batches', ours('sendSync', 'for await, batches'), goal),
    stream('await send, for await', ours('await send', 'for await'), goal),
    stream('await sendMany (16 per call), for await', ours('await sendMany', 'for await'), goal, {
      batch: BATCH,
    }),
    stream(
      'await sendMany (16 per call), for await batches',
      ours('await sendMany', 'for await, batches'),
      goal,
      { batch: BATCH },
    ),
    stream('sendSync, receiveSync', ours('sendSync', 'receiveSync')),
    { ...stream('svmq push, pop', svmq('push', 'pop')), work: plan.work(6_000) },
    stream('koffi msgsnd, msgrcv', koffi('msgsnd', 'msgrcv')),
  ];
}

const REST = 3000;

function roundTrips(plan: Plan): Measure[] {
  const trip = (name: string, subject: Contender, pause: number, limit?: number): Measure => ({
    name: `${name}, ${pause > 0 ? 'cold' : 'back to back'}`,
    group:
      pause > 0
        ? `Round trip, cold: ${String(pause / 1000)} ms of rest before each; C: with the same rest`
        : 'Round trip between two processes, 64 B; C: blocking calls',
    scenario: 'round-trip',
    work: pause > 0 ? plan.rested(pause) : plan.work(10_000),
    subject,
    baseline: plan.C,
    figures: [latency('', 'round trip', atMost(limit))],
  });
  const sync = ours('sync', 'sync');
  const promise = ours('promise', 'promise');
  const rival = svmq('push + pop', 'push + pop');
  return [
    trip('sync', sync, 0, 1.3),
    trip('promise', promise, 0, 0.5),
    { ...trip('svmq', rival, 0), work: plan.work(3_000) },
    trip('koffi', koffi('msgsnd + msgrcv', 'msgsnd + msgrcv'), 0),
    trip('sync', sync, REST, 1.3),
    trip('promise', promise, REST, 2),
    trip('svmq', rival, REST),
  ];
}

// ---- many pending receives

const WAITS = 1000;

function waits(plan: Plan): Measure[] {
  const group = `${WAITS.toLocaleString('en')} pending receives; C: a thread for each`;
  const work = plan.waits(WAITS);
  const subject = ours('receive');
  const count = (name: string, goal?: Goal): Figure => plain(name, '', 'threads', goal);
  return [
    {
      name: 'one selector',
      group,
      scenario: 'waits',
      work,
      subject,
      figures: [
        count('threads in all', { of: 'value', limit: 1 }),
        latency('creation, each', 'creation', { of: 'value', limit: 10 }),
        latency('send to resolved', 'wake'),
      ],
    },
    {
      name: 'a selector each',
      group,
      scenario: 'waits',
      work: { ...work, selectors: WAITS },
      subject,
      baseline: plan.C,
      figures: [
        count('threads in all'),
        mean('creation, mean', 'creation', { of: 'value', limit: 10 }),
        latency('creation, median', 'creation'),
        plain('resident memory, each', 'KiB', 'resident'),
        plain('address space, each', 'KiB', 'virtual'),
        latency('send to resolved', 'wake'),
      ],
    },
  ];
}

// ---- queues

function bytes(size: number): string {
  return size >= 1024 ? `${String(size / 1024)} KiB` : `${String(size)} B`;
}

function limit(name: string): string {
  return readFileSync(`/proc/sys/kernel/${name}`, 'utf8').trim();
}

/** What fits a queue that may be made here. */
function batchOf(size: number): number {
  const queue = create(size * BATCH);
  const { maxBytes } = queue.statSync();
  queue.removeSync();
  return Math.min(BATCH, Math.floor(maxBytes / size));
}

/** More than kernel.msgmnb needs a privilege. */
function create(maxBytes: number): sysv.MessageQueue {
  if (maxBytes <= Number(limit('msgmnb'))) return sysv.MessageQueue.createSync('random');
  try {
    return sysv.MessageQueue.createSync('random', { maxBytes });
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== 'EPERM') throw error;
    return sysv.MessageQueue.createSync('random');
  }
}

export function meet({ size, batch }: Work): Meeting {
  const queue = create(size * batch);
  return {
    address: `${String(queue.id)}:${String(queue.key)}`,
    complaint: () => {
      const { messages } = queue.statSync();
      return messages === 0 ? undefined : `${String(messages)} messages are left in the queue`;
    },
    remove: () => {
      queue.removeSync();
      queue.close();
    },
  };
}
