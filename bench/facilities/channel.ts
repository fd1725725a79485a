/** The channel through shared memory: what is measured, and how fast it should be. */

import type { Compiler } from '../core/compiler';
import { atMost, latency, perMessage, perSecond, plain, rate } from '../core/figures';
import type { Contender, Facility, Goal, Measure } from '../core/measure';
import type { Work } from '../core/params';
import { BRIEF, Plan, SMALL } from '../core/plan';
import { THING_BYTES } from '../core/things';
import { EVENTS } from '../drivers/events';
import type { Effort } from '../options';
import { many } from './channel-many';
import { meet } from './channel-meeting';
import { meet as meetEventfds } from './eventfd';
import { publishing } from './fan-out';
import { child, theirs } from './ways';

const BULK = 65_536;
/** As many messages of a row with net are made before their memory is used again. */
const AHEAD = 512;
const WAITING = 100;

const ours = (...forms: string[]): Contender => ({
  language: 'JavaScript',
  driver: 'channel',
  forms,
});

const net = (send: string): Contender => ({
  language: 'JavaScript',
  driver: 'net',
  forms: [send, EVENTS],
});

const cursor = ours('trySend', 'cursor');
const unbounded = ours('trySend, unbounded', 'cursor, unbounded');

export function facility(effort: Effort, compiler: Compiler): Facility {
  const program = compiler.scenarios('channel');
  const inC = (form: string): Contender => ({ language: 'C', program, forms: [form, form] });
  const futex: Contender = { language: 'C', program: compiler.scenarios('futex') };
  const eventfd: Contender = {
    ...{ language: 'C', program: compiler.scenarios('eventfd') },
    meet: meetEventfds,
  };
  const plan = new Plan(effort, inC('stream'));
  return {
    measures: [
      ...small(plan),
      ...bulk(plan, inC('in place')),
      ...unfilled(plan),
      ...objects(plan),
      ...trips(plan, inC, { futex, eventfd }),
      ...flights(plan, inC),
      ...many(plan, effort, compiler.scenarios('channel-many')),
      publishing(plan, 4, 0.7),
      idle(plan),
    ],
    meet,
    facts: {},
  };
}

const atLeast = (limit: number): Goal => ({ of: 'ratio', limit });

interface Way {
  name: string;
  subject: Contender;
  baseline?: Contender;
  goal?: Goal;
  millions?: number;
}

function oneWay(plan: Plan, group: string, work: Work, ways: readonly Way[]): Measure[] {
  return ways.map(({ name, subject, baseline = plan.C, goal, millions }) => ({
    name: `channel ${name}`,
    group,
    scenario: 'stream',
    work,
    subject,
    baseline,
    figures: [rate(goal), ...(millions === undefined ? [] : [perSecond(millions)])],
  }));
}

function small(plan: Plan): Measure[] {
  const group = 'One way by a channel, 64 B; C: a ring of the same layout, copied in and out';
  const work = plan.work(BRIEF);
  const fewer = plan.work(BRIEF / 10, { batch: AHEAD });
  // A million would take the quicker of the two no longer than V8 takes to compile it.
  const more: Contender = { ...cursor, times: 8 };
  return [
    ...oneWay(plan, group, work, [
      { name: 'trySend, cursor', subject: cursor, goal: atLeast(0.4), millions: 22 },
      { name: 'trySend, tryReceiveInto', subject: ours('trySend', 'tryReceiveInto'), millions: 7 },
      { name: 'trySend, batches', subject: ours('trySend', 'for await, batches'), millions: 12 },
      { name: 'trySend, for await', subject: ours('trySend', 'for await'), millions: 3 },
      { name: 'await send, for await', subject: ours('await send', 'for await') },
      { name: 'cursor, unbounded, beside bounded', subject: unbounded, baseline: cursor },
    ]),
    ...oneWay(plan, group, fewer, [
      { name: 'cursor, beside net', subject: more, baseline: net(EVENTS), goal: atLeast(25) },
      {
        name: 'cursor, beside net batches',
        subject: more,
        baseline: net('batches'),
        goal: atLeast(2),
      },
      {
        name: 'cursor, beside child_process json',
        subject: more,
        baseline: child('json'),
        goal: atLeast(40),
      },
    ]),
  ];
}

/** `inPlaceInC`: the same ring, written and looked at in place. */
function bulk(plan: Plan, inPlaceInC: Contender): Measure[] {
  const group =
    'One way by a channel, 64 KiB; C: a ring of the same layout, copied in and out, or in place';
  const all = plan.work(200_000, { size: BULK });
  const work = { ...all, warm: all.count / 10 };
  const inPlace: Contender = { ...ours('claim', 'cursor'), times: 8 };
  return oneWay(plan, group, work, [
    {
      name: '64 KiB, copied in and out',
      subject: ours('trySend', 'tryReceiveInto'),
      goal: atLeast(1 / 1.2),
    },
    {
      name: '64 KiB, claimed and written, read in place',
      subject: inPlace,
      baseline: { ...inPlaceInC, times: 8 },
      goal: atLeast(1 / 1.2),
    },
    {
      name: '64 KiB, in place, beside net',
      subject: inPlace,
      baseline: net(EVENTS),
      goal: atLeast(8),
    },
  ]);
}

/** The same work however long the message is: its size is in the form. */
function unfilled(plan: Plan): Measure[] {
  return [4096, BULK, 1 << 20, 1 << 22].map((size) => ({
    name: `channel claim and borrow, ${String(size / 1024)} KiB`,
    group:
      'A message claimed, sent, borrowed and released by one process, not filled; beside it: one of 64 B',
    scenario: 'repeat',
    work: plan.work(200_000),
    subject: ours(String(size)),
    baseline: ours(String(SMALL)),
    figures: [perMessage(atMost(1.5))],
  }));
}

/** Objects of ten fields; the codec is the form. The goal is of the one that is made for them. */
function objects(plan: Plan): Measure[] {
  const besides = {
    'child_process advanced': child('advanced'),
    'a MessagePort': theirs('message-port', { starts: 'threads' }),
  };
  return ['packed', 'json', 'v8'].flatMap((codec) =>
    Object.entries(besides).map(([name, baseline]): Measure => ({
      name: `channel objects, ${codec}, beside ${name}`,
      group: 'Objects of ten fields, one way by a channel; beside it: what Node itself has',
      scenario: 'objects',
      work: plan.work(100_000, { size: THING_BYTES }),
      subject: { language: 'JavaScript', driver: 'channel-objects', forms: [codec, codec] },
      baseline,
      figures: [rate(codec === 'packed' ? atLeast(3) : undefined)],
    })),
  );
}

/** Of C, what waits by itself, its payload in a slot of memory. */
type Waiting = Record<'futex' | 'eventfd', Contender>;

function trips(
  plan: Plan,
  inC: (form: string) => Contender,
  { futex, eventfd }: Waiting,
): Measure[] {
  const group =
    'Round trip by two channels, 64 B; C: the same channels, or a futex or eventfds beside a slot of memory';
  const most = (limit: number): Goal => ({ of: 'ratio', limit });
  const trip = (
    form: string,
    baseline: Contender,
    goal: Goal | undefined,
    beside = '',
  ): Measure => ({
    name: `channel round trip, ${form}${beside}`,
    group,
    scenario: 'round-trip',
    work: plan.work(20_000, [futex, eventfd].includes(baseline) ? { size: 60 } : {}),
    subject: ours(form, form),
    baseline,
    figures: [latency('', 'round trip', goal)],
  });
  const beside = ', beside net';
  return [
    trip('spin, sync', inC('spin'), most(1.6)),
    trip('spin, sync', net(EVENTS), most(1 / 25), beside),
    trip('spin, promise', inC('spin'), undefined),
    trip('adaptive, sync', inC('adaptive'), undefined),
    trip('adaptive, promise', inC('adaptive'), { of: 'value', limit: 1.5 }),
    trip('adaptive, promise', net(EVENTS), most(1 / 14), beside),
    trip('block, sync', futex, most(1.3)),
    trip('block, promise', eventfd, most(1.6)),
    trip('block, promise', net(EVENTS), most(1), beside),
  ];
}

/** Requests that do not wait for each other. */
function flights(plan: Plan, inC: (form: string) => Contender): Measure[] {
  return [8, 64].map((window) => ({
    name: `channel ${String(window)} in flight`,
    group: 'Requests by two channels, several in flight, 64 B, a closed loop; C: the same channels',
    scenario: 'in-flight',
    work: plan.work(50_000, { window }),
    subject: ours('cursor', 'cursor'),
    baseline: inC('adaptive'),
    figures: [{ ...rate(), name: 'answered' }, latency('latency', 'request')],
  }));
}

function idle(plan: Plan): Measure {
  return {
    name: 'channels that wait',
    group: `${String(WAITING)} channels whose receivers wait`,
    scenario: 'waits',
    work: plan.waits(WAITING, { selectors: WAITING }),
    subject: ours('receive'),
    figures: [
      plain('CPU while idle', '%', 'idle', { of: 'value', limit: 0.1 }),
      plain('threads in all', '', 'threads', { of: 'value', limit: 1 }),
      latency('wake to resolved', 'wake'),
    ],
  };
}
