/**
 * Which transport between two Node processes, and what does it cost? Ours beside what a user would
 * take instead, by the size of the messages. Every row has the same C program beside it: a Unix
 * stream socket.
 */

import type { Compiler } from '../core/compiler';
import { DISRUPTOR, withDisruptors } from '../core/disruptors';
import { latency, rate } from '../core/figures';
import type { Contender, Facility, Measure } from '../core/measure';
import type { Work } from '../core/params';
import { Plan } from '../core/plan';
import { reported, versionOf } from '../core/rivals';
import { THING_BYTES } from '../core/things';
import { channelOf, type Serialization } from '../drivers/child-process';
import { EVENTS } from '../drivers/events';
import type { Effort } from '../options';
import { fanOut } from './fan-out';
import { meetAll } from './channel-meeting';
import { meet as meetPosixQueues } from './posix-queues';
import { meet as meetSysv } from './sysv';
import { meet as meetSockets } from './unix-sockets-meeting';

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

/** The longest message that a queue takes where nobody has raised its limit, and that a packet can be. */
const [QUEUED, PACKED] = [8 * KIB, 64 * KIB];

const ZEROMQ = 'zeromq';
const NODE_IPC = 'node-ipc';
const PACKAGES = [ZEROMQ, NODE_IPC, DISRUPTOR];

type InNode = Extract<Contender, { language: 'JavaScript' }>;

/** A transport; `longest`: the most that a message of it may have. */
type Way = Contender & { longest?: number };

function ours(driver: string, send: string, receive: string, more: Partial<InNode> = {}): InNode {
  return { language: 'JavaScript', driver, forms: [send, receive], ...more };
}

function theirs(driver: string, more: Partial<InNode> = {}): Contender {
  return ours(driver, EVENTS, EVENTS, more);
}

/** Those of ours that keep messages apart, and not any length of them. */
function kept(send: string, receive: string): Record<string, Way> {
  const queue = (driver: string, meet: NonNullable<InNode['meet']>): Way => ({
    ...ours(driver, send, receive, { meet }),
    longest: QUEUED,
  });
  return {
    'unix.SeqPacket': { ...ours('unix-seqpacket', send, receive), longest: PACKED },
    'posix.MessageQueue': queue('posix-queues', meetPosixQueues),
    // A queue as everybody gets it: a batch would ask for a longer one.
    'sysv.MessageQueue': queue('sysv', (work) => meetSysv({ ...work, batch: 1 })),
  };
}

function disruptor(send: string, receive: string): Contender {
  const meet: InNode['meet'] = (work) => withDisruptors(meetSockets(work), work.size);
  return ours(DISRUPTOR, send, receive, { rival: DISRUPTOR, meet });
}

function child(serialization: Serialization): Contender {
  return theirs(`child-process-${serialization}`, { env: channelOf(serialization) });
}

const others: Record<string, Contender> = {
  'child_process, json': child('json'),
  'child_process, advanced': child('advanced'),
  'net, Unix socket': theirs('net'),
  'net, TCP loopback': theirs('tcp'),
  MessagePort: theirs('message-port', { starts: 'threads' }),
  [ZEROMQ]: theirs(ZEROMQ, { rival: ZEROMQ }),
  [NODE_IPC]: theirs(NODE_IPC, { rival: NODE_IPC }),
};

const streams: Record<string, Way> = {
  'channel.Channel': ours('channel', 'trySend', 'cursor'),
  'unix.Stream': ours('unix-stream', 'await send', 'for await'),
  ...kept('await send', 'for await'),
  ...others,
  [DISRUPTOR]: disruptor('sync', 'await consumeNew'),
};

const trips: Record<string, Way> = {
  'channel.Channel': ours('channel', 'adaptive, promise', 'adaptive, promise'),
  'unix.Stream': ours('unix-stream', 'receiveInto', 'receiveInto'),
  ...kept('promise', 'promise'),
  ...others,
  [DISRUPTOR]: disruptor('sync', 'sync'),
};

function kindOf(name: string): NonNullable<Measure['transport']>['kind'] {
  if (PACKAGES.includes(name)) return 'package';
  return name in others ? 'node' : 'ours';
}

/** Those that can carry messages of a size. */
function carrying(ways: Record<string, Way>, size: number): [string, Contender][] {
  return Object.entries(ways).filter(([, { longest = Infinity }]) => size <= longest);
}

export function facility(effort: Effort, compiler: Compiler): Facility {
  const program = compiler.scenarios('unix-sockets');
  const plan = new Plan(effort, { language: 'C', program, forms: ['stream', 'stream'] });
  const sizes = effort === 'smoke' ? SIZES.slice(0, 1) : SIZES;
  const measures = [
    ...sizes.flatMap((size) => [...oneWay(plan, size), ...roundTrips(plan, size)]),
    ...objectsOneWay(plan),
    ...fanOut(plan),
  ];
  const facts = Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)]));
  return { measures: measures.map(reported), meet: (work) => meetAll(work), facts };
}

function oneWay(plan: Plan, { text, size, count }: Size): Measure[] {
  const work = plan.work(count, { size, batch: size > KIB ? 1 : AHEAD });
  return carrying(streams, size).map(([name, subject]) => ({
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

const carriers: Record<string, Contender> = {
  'channel.Channel, v8': ours('channel-objects', 'v8', 'v8'),
  'channel.Channel, json': ours('channel-objects', 'json', 'json'),
  'child_process, json': child('json'),
  'child_process, advanced': child('advanced'),
  'net, lines of JSON': theirs('net-json'),
  MessagePort: theirs('message-port', { starts: 'threads' }),
};

function objectsOneWay(plan: Plan): Measure[] {
  return Object.entries(carriers).map(([name, subject]) => ({
    name: `objects one way, ${name}`,
    group: `Transports: objects of ten fields, one way; C: ${String(THING_BYTES)} bytes through a Unix stream socket`,
    scenario: 'objects',
    work: plan.work(100_000, { size: THING_BYTES }),
    subject,
    baseline: plan.C,
    figures: [rate()],
  }));
}

function roundTrips(plan: Plan, { text, size, count }: Size): Measure[] {
  return carrying(trips, size).map(([name, subject]) => ({
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
