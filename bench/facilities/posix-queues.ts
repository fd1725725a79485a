/** POSIX message queues: what is measured, and how fast it should be. */

import { posix } from 'posix-ipc';
import { making } from '../core/cleanup';
import type { Compiler } from '../core/compiler';
import { atMost, perMessage, rate } from '../core/figures';
import type { Contender, Facility, Measure, Meeting } from '../core/measure';
import type { Work } from '../core/params';
import { Plan, SMALL } from '../core/plan';
import { reported, versionOf } from '../core/rivals';
import type { Effort } from '../options';
import { trips } from './rows';

/** How many messages a queue holds: what is allowed everywhere. */
const CAPACITY = 10;
const PAGE = 4096;

/** 100,000 last no longer than V8 goes on compiling. */
const PAIRS = 500_000;

const ours = (...forms: string[]): Contender => ({
  language: 'JavaScript',
  driver: 'posix-queues',
  forms,
});

const RIVAL = 'posix-mq';

const theirs: Contender = {
  language: 'JavaScript',
  driver: RIVAL,
  forms: ['push + shift'],
  rival: RIVAL,
};

export function facility(effort: Effort, compiler: Compiler): Facility {
  const C: Contender = { language: 'C', program: compiler.scenarios('posix-queues') };
  const plan = new Plan(effort, C);
  const measures = [...pairs(plan), ...streams(plan), ...roundTrips(plan)];
  return { measures: measures.map(reported), meet, facts: { [RIVAL]: versionOf(RIVAL) } };
}

function pairs(plan: Plan): Measure[] {
  const pair = (form: string, size: number, limit: number, batch = 1): Measure => ({
    name: `POSIX ${form} ${String(size)} B`,
    group: 'One process, a message sent and taken back; C: mq_send + mq_receive',
    scenario: 'pair',
    work: plan.work(PAIRS, { size, batch }),
    subject: ours(form),
    baseline: plan.C,
    figures: [perMessage(atMost(limit))],
  });
  return [
    pair('trySend + tryReceiveInto', SMALL, 1.3),
    pair('trySend + tryReceive', SMALL, 1.3),
    pair('sendManySync + drainSync', SMALL, 1.15, CAPACITY),
    pair('trySend + tryReceive', PAGE, 1.3),
    {
      ...pair('trySend + tryReceive', SMALL, 1.3),
      name: `${RIVAL} push + shift ${String(SMALL)} B`,
      subject: theirs,
      figures: [perMessage()],
    },
  ];
}

function streams(plan: Plan): Measure[] {
  const stream = (send: string, receive: string): Measure => ({
    name: `POSIX ${send}, ${receive}`,
    group: 'One way between two processes by a POSIX queue of 10, 64 B; C: mq_send, mq_receive',
    scenario: 'stream',
    work: plan.work(100_000, { batch: CAPACITY }),
    subject: ours(send, receive),
    baseline: plan.C,
    figures: [rate()],
  });
  return [
    stream('sendSync', 'receiveSync'),
    stream('await send', 'for await'),
    stream('await sendMany', 'for await, batches'),
  ];
}

function roundTrips(plan: Plan): Measure[] {
  const group = 'Round trip between two processes by POSIX queues, 64 B; C: calls that block';
  const forms = [
    { name: 'POSIX queues, sync', subject: ours('sync', 'sync'), limit: 1.3 },
    { name: 'POSIX queues, promise', subject: ours('promise', 'promise'), limit: 2 },
  ];
  return trips(plan, group, forms, { size: SMALL });
}

export function meet({ size }: Work): Meeting {
  const options = { maxMessages: CAPACITY, messageSize: size };
  const both: posix.MessageQueue[] = [];
  const remove = (): void => {
    for (const one of both) {
      one.close();
      one.unlinkSync();
    }
  };
  const { name } = making((undo) => {
    undo(remove);
    const queue = posix.MessageQueue.createSync(undefined, options);
    both.push(queue);
    both.push(posix.MessageQueue.createSync(`${queue.name}-reply`, options));
    return queue;
  });
  return {
    address: name,
    complaint: () => {
      const left = both.map(({ attributes }) => attributes.messages);
      return left.every((count) => count === 0)
        ? undefined
        : `${left.join(' and ')} messages are left in the queues`;
    },
    remove,
  };
}
