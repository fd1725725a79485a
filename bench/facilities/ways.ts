/** The transports that a user might take between two Node processes, in the form that they have for each scenario. */

import { rmSync } from 'node:fs';
import path from 'node:path';
import { directName } from '../core/channels';
import { DISRUPTOR, withDisruptors } from '../core/disruptors';
import type { Contender, Measure, Meeting } from '../core/measure';
import type { Work } from '../core/params';
import { channelOf, type Serialization } from '../drivers/child-process';
import { EVENTS } from '../drivers/events';
import { meet as meetPosixQueues } from './posix-queues';
import { meet as meetSysv } from './sysv';
import { meet as meetSockets } from './unix-sockets-meeting';

const KIB = 1024;

/** The longest message that a queue takes where nobody has raised its limit, and that a packet can be. */
const [QUEUED, PACKED] = [8 * KIB, 64 * KIB];

const ZEROMQ = 'zeromq';
const NODE_IPC = 'node-ipc';
export const PACKAGES = [ZEROMQ, NODE_IPC, DISRUPTOR];

type InNode = Extract<Contender, { language: 'JavaScript' }>;

/** What shared memory does so much quicker than the C program that V8 would still be compiling when it has done as much. */
const QUICK = { times: 8 };

/** A transport; `longest`: the most that a message of it may have; `together`: the most that may be on its way. */
type Way = Contender & { longest?: number; together?: number };

export function ours(
  driver: string,
  send: string,
  receive: string,
  more: Partial<InNode> = {},
): InNode {
  return { language: 'JavaScript', driver, forms: [send, receive], ...more };
}

export function theirs(driver: string, more: Partial<InNode> = {}): Contender {
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
    'sysv.MessageQueue': {
      ...queue('sysv', (work) => meetSysv({ ...work, batch: 1 })),
      together: QUEUED, // requests that fill it leave no room for replies
    },
  };
}

/** Of its requests; they have a window and a capacity of their own. */
const direct: Way = {
  ...ours('direct', 'request', 'request', { meet: meetDirect }),
  longest: PACKED,
};

function meetDirect(work: Work): Meeting {
  const meeting = meetSockets(work);
  return {
    ...meeting,
    remove: () => {
      meeting.remove();
      // Where both ends were killed its name is left.
      rmSync(path.join('/dev/shm', directName(meeting.address)), { force: true });
    },
  };
}

function disruptor(send: string, receive: string, more: Partial<InNode> = {}): Contender {
  const meet: InNode['meet'] = (work) => withDisruptors(meetSockets(work), work.size);
  return ours(DISRUPTOR, send, receive, { rival: DISRUPTOR, meet, ...more });
}

export function child(serialization: Serialization): Contender {
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

/** As long as a batch of 512 is one chunk. */
const batched: Record<string, Way> = {
  'net, Unix socket, batches': { ...ours('net', 'batches', EVENTS), longest: KIB },
};

export const streams: Record<string, Way> = {
  'channel.Channel': ours('channel', 'trySend', 'cursor', QUICK),
  'unix.Stream': ours('unix-stream', 'await send', 'for await'),
  ...kept('await send', 'for await'),
  ...others,
  ...batched,
  [DISRUPTOR]: disruptor('sync', 'await consumeNew'),
};

export const trips: Record<string, Way> = {
  'channel.Channel': ours('channel', 'adaptive, promise', 'adaptive, promise', QUICK),
  'channel.direct': direct,
  'unix.Stream': ours('unix-stream', 'receiveInto', 'receiveInto'),
  ...kept('promise', 'promise'),
  ...others,
  [DISRUPTOR]: disruptor('sync', 'sync', QUICK),
};

/** Several requests under way. */
export const flights: Record<string, Way> = {
  ...trips,
  'channel.Channel': ours('channel', 'cursor', 'cursor'),
  [DISRUPTOR]: disruptor('sync', 'sync'),
};

/** Bytes of all requests under way: the sockets of the C program hold them, and as many replies. */
const TOGETHER = 64 * KIB;

/** As many requests as may be under way, up to `most`. */
export function windowOf({ together = TOGETHER }: Way, size: number, most: number): number {
  return Math.min(Math.max(Math.floor(together / size), 1), most);
}

/** What a row's transport is. */
export function transportOf(name: string): NonNullable<Measure['transport']> {
  const kind = PACKAGES.includes(name)
    ? 'package'
    : name in others || name in batched
      ? 'node'
      : 'ours';
  return { name, kind };
}

/** Those that can carry messages of a size. */
export function carrying(ways: Record<string, Way>, size: number): [string, Way][] {
  return Object.entries(ways).filter(([, { longest = Infinity }]) => size <= longest);
}
