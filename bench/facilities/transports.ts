/**
 * Which transport between two Node processes, and what does it cost? Ours beside what a user would
 * take instead, by the size of the messages. Every row has the same C program beside it: a Unix
 * stream socket.
 */

import type { Compiler } from '../core/compiler';
import { latency, rate } from '../core/figures';
import type { Contender, Facility, Measure } from '../core/measure';
import { Plan } from '../core/plan';
import { reported, versionOf } from '../core/rivals';
import { THING_BYTES } from '../core/things';
import type { Asked, Effort } from '../options';
import { sizeText } from '../report/data';
import { meetAll } from './channel-meeting';
import { fanOut } from './fan-out';
import { inFlight, onSchedule } from './flights';
import { SIZES, workOf } from './sizes';
import { carrying, child, ours, PACKAGES, streams, theirs, transportOf, trips } from './ways';

const KIB = 1024;

/** As many messages are made before their memory is used again. */
const AHEAD = 512;

export function facility(effort: Effort, compiler: Compiler, asked: Asked): Facility {
  const program = compiler.scenarios('unix-sockets');
  const plan = new Plan(effort, { language: 'C', program, forms: ['stream', 'stream'] });
  const measures = [
    ...sizesOf(effort, asked).flatMap((size) => [...oneWay(plan, size), ...roundTrips(plan, size)]),
    ...inFlight(plan, effort, asked),
    ...onSchedule(plan, effort, asked),
    ...objectsOneWay(plan),
    ...fanOut(plan, compiler.scenarios('broadcast')),
  ];
  const facts = Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)]));
  return { measures: measures.map(reported), meet: (work) => meetAll(work), facts };
}

function sizesOf(effort: Effort, { payloads }: Asked): readonly number[] {
  return payloads ?? SIZES.slice(0, effort === 'smoke' ? 1 : undefined);
}

function oneWay(plan: Plan, size: number): Measure[] {
  const text = sizeText(size);
  const work = workOf(plan, size, Infinity, { batch: size > KIB ? 1 : AHEAD });
  return carrying(streams, size).map(([name, subject]) => ({
    name: `${text} one way, ${name}`,
    group: `Transports: one way, ${text}; C: send and recv through a Unix stream socket`,
    scenario: 'stream',
    work,
    subject,
    transport: transportOf(name),
    baseline: plan.C,
    figures: [rate()],
  }));
}

const carriers: Record<string, Contender> = {
  'channel.Channel, packed': ours('channel-objects', 'packed', 'packed'),
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

function roundTrips(plan: Plan, size: number): Measure[] {
  const text = sizeText(size);
  return carrying(trips, size).map(([name, subject]) => ({
    name: `${text} round trip, ${name}`,
    group: `Transports: round trip, ${text}; C: send and recv through a Unix stream socket`,
    scenario: 'round-trip',
    work: workOf(plan, size, 5000),
    subject,
    transport: transportOf(name),
    baseline: plan.C,
    figures: [latency('', 'round trip')],
  }));
}
