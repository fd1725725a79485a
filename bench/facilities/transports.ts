/**
 * Which transport between two Node processes, and what does it cost? Ours beside what a user would
 * take instead, by the size of the messages. Every row has the same C program beside it: a Unix
 * stream socket.
 */

import type { Compiler } from '../core/compiler';
import { latency, rate } from '../core/figures';
import type { Contender, Facility, Measure } from '../core/measure';
import type { Work } from '../core/params';
import { Plan } from '../core/plan';
import { reported, versionOf } from '../core/rivals';
import { channelOf, type Env, type Serialization } from '../drivers/child-process';
import { EVENTS } from '../drivers/events';
import type { Effort } from '../options';
import { meet } from './unix-sockets-meeting';

const KIB = 1024;

interface Size {
  text: string;
  size: number;
  /** So many make a stream that lasts long enough. */
  count: number;
}

const SIZES: readonly Size[] = [
  { text: '64 B', size: 64, count: 200_000 },
  { text: '1 KiB', size: KIB, count: 100_000 },
  { text: '8 KiB', size: 8 * KIB, count: 40_000 },
  { text: '64 KiB', size: 64 * KIB, count: 8000 },
  { text: '1 MiB', size: KIB * KIB, count: 1000 },
];

/** As many messages are made before their memory is used again. */
const AHEAD = 512;

const ZEROMQ = 'zeromq';

function ours(driver: string, send: string, receive: string): Contender {
  return { language: 'JavaScript', driver, forms: [send, receive] };
}

function theirs(driver: string, more: { rival?: string; env?: Env } = {}): Contender {
  return { language: 'JavaScript', driver, forms: [EVENTS, EVENTS], ...more };
}

function child(serialization: Serialization): Contender {
  return theirs(`child-process-${serialization}`, { env: channelOf(serialization) });
}

const others: Record<string, Contender> = {
  'child_process, json': child('json'),
  'child_process, advanced': child('advanced'),
  'net, Unix socket': theirs('net'),
  'net, TCP loopback': theirs('tcp'),
  [ZEROMQ]: theirs(ZEROMQ, { rival: ZEROMQ }),
};

const streams: Record<string, Contender> = {
  'unix.Stream': ours('unix-stream', 'await send', 'for await'),
  ...others,
};

const trips: Record<string, Contender> = {
  'unix.Stream': ours('unix-stream', 'receiveInto', 'receiveInto'),
  ...others,
};

function kindOf(name: string): NonNullable<Measure['transport']>['kind'] {
  if (!(name in others)) return 'ours';
  return name === ZEROMQ ? 'package' : 'node';
}

export function facility(effort: Effort, compiler: Compiler): Facility {
  const program = compiler.scenarios('unix-sockets');
  const plan = new Plan(effort, { language: 'C', program, forms: ['stream', 'stream'] });
  const sizes = effort === 'smoke' ? SIZES.slice(0, 1) : SIZES;
  const measures = sizes.flatMap((size) => [...oneWay(plan, size), ...roundTrips(plan, size)]);
  return { measures: measures.map(reported), meet, facts: { [ZEROMQ]: versionOf(ZEROMQ) } };
}

function oneWay(plan: Plan, { text, size, count }: Size): Measure[] {
  const work = plan.work(count, { size, batch: size > KIB ? 1 : AHEAD });
  return Object.entries(streams).map(([name, subject]) => ({
    name: `${text} one way, ${name}`,
    group: `Transports: one way, ${text}; C: send and recv through a Unix stream socket`,
    scenario: 'stream',
    work: briefly(work),
    subject,
    transport: { name, kind: kindOf(name) },
    baseline: plan.C,
    figures: [rate()],
  }));
}

function roundTrips(plan: Plan, { text, size, count }: Size): Measure[] {
  return Object.entries(trips).map(([name, subject]) => ({
    name: `${text} round trip, ${name}`,
    group: `Transports: round trip, ${text}; C: send and recv through a Unix stream socket`,
    scenario: 'round-trip',
    work: briefly(plan.work(Math.min(count, 5000), { size })),
    subject,
    transport: { name, kind: kindOf(name) },
    baseline: plan.C,
    figures: [latency('', 'round trip')],
  }));
}

/** Verifying every byte of long messages takes longer than sending them. */
function briefly(work: Work): Work {
  return work.size < 64 * KIB ? work : { ...work, warm: Math.min(work.warm, 200), check: 100 };
}
