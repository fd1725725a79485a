/** Unix sockets: what is measured, and how fast it should be. */

import type { Compiler } from '../core/compiler';
import { rate } from '../core/figures';
import type { Contender, Facility, Goal, Measure } from '../core/measure';
import { Plan, SMALL } from '../core/plan';
import { reported, versionOf } from '../core/rivals';
import { EVENTS } from '../drivers/events';
import type { Effort } from '../options';
import { trips } from './rows';
import { meet } from './unix-sockets-meeting';

const BULK = 65_536;

/** As many small messages as a chunk of a stream is made of. */
const BATCH = 512;

const KINDS = ['datagram', 'seqpacket', 'stream'] as const;
type Kind = (typeof KINDS)[number];

const DGRAM = 'unix-dgram';
const NODE_UNIX = 'node-unix-socket';

/** What a user would take instead. */
const others: Record<Kind, Record<string, Contender>> = {
  datagram: { [DGRAM]: theirs(DGRAM, DGRAM), [NODE_UNIX]: theirs(`${NODE_UNIX}-dgram`, NODE_UNIX) },
  seqpacket: { [NODE_UNIX]: theirs(`${NODE_UNIX}-seqpacket`, NODE_UNIX) },
  stream: { net: net(EVENTS) },
};

function ours(kind: Kind, ...forms: string[]): Contender {
  return { language: 'JavaScript', driver: `unix-${kind}`, forms };
}

function theirs(driver: string, rival: string): Contender {
  return { language: 'JavaScript', driver, forms: [EVENTS, EVENTS], rival };
}

function net(send: string): Contender {
  return { language: 'JavaScript', driver: 'net', forms: [send, EVENTS] };
}

export function facility(effort: Effort, compiler: Compiler): Facility {
  const program = compiler.scenarios('unix-sockets');
  const plan = (kind: Kind): Plan =>
    new Plan(effort, { language: 'C', program, forms: [kind, kind] });
  const measures = [
    ...packets(plan('datagram'), 'datagram'),
    ...packets(plan('seqpacket'), 'seqpacket'),
    ...bytes(plan('stream')),
    ...KINDS.flatMap((kind) => roundTrips(plan(kind), kind)),
  ];
  const needed = effort === 'smoke' ? measures.filter(isNew) : measures;
  const facts = { [DGRAM]: versionOf(DGRAM), [NODE_UNIX]: versionOf(NODE_UNIX) };
  return { measures: needed.map(reported), meet, facts };
}

/** Whether a row has programs of its own, and not those of others in other company or after a rest. */
function isNew({ baseline, work }: Measure): boolean {
  return baseline?.language === 'C' && work.pause === 0;
}

const atLeast = (limit: number): Goal => ({ of: 'ratio', limit });

/** A one-way stream: names its row, and says what stands beside it. */
interface Way {
  name: string;
  subject: Contender;
  baseline?: Contender;
  goal?: Goal;
  batch?: number;
}

function oneWay(plan: Plan, kind: Kind, size: number, ways: readonly Way[]): Measure[] {
  const bulk = size === BULK;
  const text = `${kind} ${bulk ? '64 KiB' : '64 B'}`;
  return ways.map(({ name, subject, baseline = plan.C, goal, batch = 1 }) => ({
    name: `${text}: ${name}`,
    group: `One way between two processes, ${text}; C: send in one, recv in the other`,
    scenario: 'stream',
    work: bulk
      ? { ...plan.work(20_000, { size, batch }), warm: 2000 }
      : plan.work(200_000, { size, batch }),
    subject,
    baseline,
    figures: [rate(goal)],
  }));
}

function packets(plan: Plan, kind: 'datagram' | 'seqpacket'): Measure[] {
  const sync = ours(kind, 'sendSync', 'receiveSync');
  const promise = ours(kind, 'await send', 'for await');
  const rivals = Object.entries(others[kind]);
  return [
    ...oneWay(plan, kind, SMALL, [
      { name: 'sendSync, receiveSync', subject: sync, goal: atLeast(0.5) },
      { name: 'await send, for await', subject: promise, goal: atLeast(0.5) },
      ...rivals.map(([name, subject]) => ({ name, subject })),
      ...rivals.map(([name, baseline]) => ({
        name: `await send, for await, beside ${name}`,
        subject: promise,
        baseline,
        goal: atLeast(1),
      })),
    ]),
    ...oneWay(plan, kind, BULK, [
      { name: 'sendSync, receiveIntoSync', subject: ours(kind, 'sendSync', 'receiveIntoSync') },
      { name: 'await send, for await', subject: promise },
    ]),
  ];
}

/** What `net` has not sent yet it still reads, so it needs payloads for all that it may hold. */
function bytes(plan: Plan): Measure[] {
  const kind = 'stream';
  const way = (send: string, receive: string, batch?: number): Way => ({
    name: `${send}, ${receive}`,
    subject: ours(kind, send, receive),
    ...(batch === undefined ? {} : { batch }),
  });
  const sync = way('sendSync', 'receiveIntoSync');
  const promise = way('await send', 'for await');
  const batches = way('await send, batches', 'for await', BATCH);
  return [
    ...oneWay(plan, kind, SMALL, [
      sync,
      promise,
      batches,
      { name: 'net, a write for each', subject: net(EVENTS), batch: BATCH },
      { name: 'net, batches', subject: net('batches'), batch: BATCH },
      { ...promise, name: `${promise.name}, beside net`, baseline: net(EVENTS), batch: BATCH },
      { ...batches, name: `${batches.name}, beside net batches`, baseline: net('batches') },
    ]),
    ...oneWay(plan, kind, BULK, [
      sync,
      promise,
      { name: 'net', subject: net(EVENTS) },
      { ...promise, name: `${promise.name}, beside net`, baseline: net(EVENTS) },
    ]),
  ];
}

function roundTrips(plan: Plan, kind: Kind): Measure[] {
  const group = `Round trip by ${kind} sockets, 64 B; C: recv, which blocks`;
  const forms = [
    { name: `${kind}, sync`, subject: ours(kind, 'sync', 'sync'), limit: 1.3 },
    { name: `${kind}, promise`, subject: ours(kind, 'promise', 'promise'), limit: 2 },
    ...Object.entries(others[kind]).map(([name, subject]) => ({
      name: `${kind}, ${name}`,
      subject,
    })),
  ];
  return trips(plan, group, forms, { size: SMALL });
}
