/** From one to many: each receiver gets each message. */

import { closeSync } from 'node:fs';
import { channel } from 'posix-ipc';
import { AF_UNIX, SOCK_CLOEXEC, SOCK_STREAM, socketpair } from 'posix-ipc/syscalls';
import { channelName } from '../core/channels';
import { making } from '../core/cleanup';
import { ratesOf } from '../core/figures';
import { makeFolder } from '../core/folder-meeting';
import type { Contender, Measure, Meeting } from '../core/measure';
import type { Work } from '../core/params';
import type { Plan } from '../core/plan';
import { REQUEST } from '../core/slots';
import { EVENTS } from '../drivers/events';

const MANY = [1, 2, 4];

/** What a message takes in a broadcast beside its bytes, at most. */
const OVERHEAD = 64;

const BROADCAST = 'channel.Broadcast';

/** Messages; of the broadcasts so many times more, or they would last some milliseconds. Their memory holds `ALL`. */
const [COUNT, ALL, QUICK] = [100_000, 4, 8];

/** `keeps`: its memory holds the whole run, however long that is. */
type Way = Extract<Contender, { language: 'JavaScript' }> & {
  meet: (work: Work) => Meeting;
  keeps?: boolean;
};

/** Sockets hold their sender up, as a broadcast does that waits. */
const ways: Record<string, Way> = {
  [BROADCAST]: { ...way('fan-broadcast', meet), keeps: true, times: ALL },
  [`${BROADCAST}, waiting`]: { ...way('fan-broadcast', meetWaiting), times: QUICK },
  'net, Unix sockets': way('fan-net', meetWaiting),
  'child_process, advanced': { ...way('fan-child-process', meetWaiting), starts: 'processes' },
};

function way(driver: string, where: Way['meet']): Way {
  return { language: 'JavaScript', driver, forms: [EVENTS, EVENTS], meet: where };
}

/** `program`: the scenarios in C, over the same broadcast as the row's. */
export function fanOut(plan: Plan, program: string): Measure[] {
  const inC: Contender = { language: 'C', program, forms: ['publish', 'subscribe'] };
  return MANY.flatMap((receivers) =>
    Object.entries(ways).map(([name, subject]): Measure => ({
      name: `64 B to ${String(receivers)}, ${name}`,
      group: `Transports: from one to ${String(receivers)}, 64 B; C: a broadcast of the same layout`,
      scenario: 'fan-out',
      work: { ...plan.work(COUNT), receivers },
      subject,
      transport: { name, kind: name.startsWith(BROADCAST) ? 'ours' : 'node' },
      baseline: { ...inC, meet: subject.meet, times: subject.times ?? QUICK },
      figures: ratesOf(receivers),
      keeps: subject.keeps ?? false,
    })),
  );
}

/** Whether more subscribers slow the publisher down: to so many, beside one. */
export function publishing(plan: Plan, receivers: number, limit: number): Measure {
  const subject = way('fan-broadcast', meet);
  const [publisher] = ratesOf(receivers);
  return {
    name: `broadcast to ${String(receivers)}, beside one`,
    group: `One publishes 64 B to ${String(receivers)}, by a broadcast, from a CPU of its own; beside it: to one`,
    scenario: 'fan-out',
    work: { ...plan.work(ALL * COUNT), receivers },
    subject,
    baseline: { ...subject, receivers: 1 },
    figures: publisher === undefined ? [] : [{ ...publisher, goal: { of: 'ratio', limit } }],
    keeps: true,
    alone: true,
  };
}

/** A broadcast that waits for nobody, and has room for the whole run, so that nothing is lost. */
function meet(work: Work): Meeting {
  const { size, warm, count, check } = work;
  const least = (warm + count + check) * (size + OVERHEAD);
  return meetAt(work, { capacity: 2 ** Math.ceil(Math.log2(Math.max(least, 1024))) });
}

/** One that holds its publisher up when a receiver is a ring behind. */
function meetWaiting(work: Work): Meeting {
  return meetAt(work, { full: 'wait', subscribers: work.receivers });
}

/** A folder in which the receivers say that they are there, a broadcast, a pair of sockets each. */
function meetAt(
  { size, receivers = 1 }: Work,
  options: Parameters<typeof channel.Broadcast.createSync>[1],
): Meeting {
  const [folder, broadcast] = making((undo) => {
    const made = makeFolder(size);
    undo(made.remove);
    const name = channelName(made.address, REQUEST);
    return [made, channel.Broadcast.createSync(name, options)];
  });
  const { address } = folder;
  const pairs = Array.from({ length: receivers }, () =>
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC),
  );
  return {
    address,
    descriptors: [pairs.map(([mine]) => mine), ...pairs.map(([, theirs]) => [theirs])],
    complaint: () => undefined,
    remove: () => {
      broadcast.close();
      broadcast.unlinkSync();
      for (const fd of pairs.flat()) closeSync(fd);
      folder.remove();
    },
  };
}
