/**
 * Random steps on Unix sockets: what the library answers is what the kernel answers a Python program that
 * makes the same steps on sockets of its own.
 *
 * POSIX_IPC_CAMPAIGN=20 npm test -- campaigns/socket-model for more.
 */

import { createHash } from 'node:crypto';
import { fstatSync } from 'node:fs';
import path from 'node:path';

import { memory, unix } from 'posix-ipc';

import { patience, report, scaled } from '../support/campaign';
import { Peer } from '../support/processes';
import { abstractName, closing } from '../support/sockets';
import { below, chance, oneOf } from './chance';

const runs = scaled(150);
const kinds = ['datagram', 'seqpacket', 'stream', 'named'] as const;
type Kind = (typeof kinds)[number];
type Step = [call: string, at: number, ...more: (number | string | null)[]];
type AnySocket = unix.Datagram | unix.SeqPacket | unix.Stream;

interface Plan {
  kind: Kind;
  /** Most descriptors that a receiver takes. */
  fds: number;
  /** SO_SNDBUF; 0: as it is. */
  buffer: number;
  steps: Step[];
}

const lengths = [0, 1, 7, 100, 511, 512, 513, 1024, 1025, 4000, 16384, 16385, 65536, 100_000];

function lengthFor(buffer: number): number {
  if (chance(0.7)) return oneOf(lengths);
  const most = Math.max(2 * buffer, 4608) - 32; // what unix(7) lets a message have
  return buffer > 0 && chance(0.5) ? most - 2 + below(5) : below(300_000);
}

/** A step that can be made while these are open; those that are left for the generator to note. */
function stepOf({ kind, buffer }: Plan, open: Set<number>): Step {
  const at = oneOf([...open]);
  const places = kind === 'named' ? 3 : 2;
  const chosen = below(100);
  if (chance(0.01)) {
    open.delete(at);
    return ['close', at];
  }
  if (chance(0.01)) return ['shutdown', at, oneOf(['read', 'write', 'both'])];
  if (kind === 'named' && chosen < 15) {
    const shut = [0, 1, 2].filter((place) => !open.has(place));
    if (shut.length > 0) {
      const place = oneOf(shut);
      open.add(place);
      return ['open', place];
    }
    return chance(0.3) ? ['disconnect', at] : ['connect', at, below(places)];
  }
  if (chosen < 55) {
    const [byte, length] = [below(256), lengthFor(buffer)];
    const fds = chance(0.6) || (kind === 'stream' && length === 0) ? 0 : 1 + below(5);
    const to = kind === 'named' && chance(0.6) ? [below(places)] : [];
    return ['send', at, byte, length, fds, ...to];
  }
  const into = kind === 'stream' || chance(0.4);
  const size = kind === 'stream' ? 1 + below(2000) : oneOf(lengths);
  return ['receive', at, into ? size : null];
}

function planOf(): Plan {
  const kind = oneOf(kinds);
  const plan: Plan = { kind, fds: oneOf([0, 1, 3, 253]), buffer: 0, steps: [] };
  plan.buffer = oneOf([0, 1, 8000, 60_000]);
  const open = new Set(kind === 'named' ? [] : [0, 1]);
  if (kind === 'named') {
    for (const at of [0, 1, 2]) {
      plan.steps.push(['open', at]);
      open.add(at);
    }
  }
  for (let i = 10 + below(100); i > 0 && open.size > 0; i--) plan.steps.push(stepOf(plan, open));
  return plan;
}

const files: memory.Memfd[] = [];
const places = new Map<number, number>();
const names: string[] = [];

beforeEach(() => {
  for (let i = 0; i < 3; i++) {
    const file = closing(memory.memfdSync('model'));
    files[i] = file;
    places.set(fstatSync(file.fd).ino, i);
    names[i] = abstractName();
  }
});

/** What was asked for, in one of the forms, none of which waits. */
async function anyForm<R>(
  now: () => R,
  sync: (options: { timeout: number }) => R,
  later: (options: { timeout: number }) => Promise<R>,
): Promise<R | 'EAGAIN'> {
  const form = below(3);
  try {
    if (form === 0) return now();
    return form === 1 ? sync({ timeout: 0 }) : await later({ timeout: 0 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ETIMEDOUT') return 'EAGAIN';
    throw error;
  }
}

class Run {
  readonly #plan: Plan;
  readonly #sockets = new Map<number, AnySocket>();

  constructor(plan: Plan) {
    this.#plan = plan;
    if (plan.kind === 'named') return;
    const pair: readonly AnySocket[] = unix.socketpairSync<keyof unix.SocketTypes>(
      plan.kind,
      this.#options,
    );
    pair.forEach((one, i) => this.#sockets.set(i, one));
  }

  get #options(): unix.SocketOptions {
    const { fds, buffer } = this.#plan;
    return { fds, ...(buffer > 0 && { sendBuffer: buffer }) };
  }

  async make([call, at, ...more]: Step): Promise<unknown> {
    try {
      return await this.#make(call, at, more);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    }
  }

  close(): void {
    for (const one of this.#sockets.values()) one.close();
  }

  #make(call: string, at: number, more: Step[2][]): unknown {
    const socket = this.#sockets.get(at) as AnySocket;
    if (call === 'send') return this.#send(socket, ...(more as [number, number, number]));
    if (call === 'receive') return this.#receive(socket, more[0] as number | null);
    if (call === 'open') {
      this.#sockets.set(at, unix.Datagram.createSync(names[at], this.#options));
    } else if (call === 'close') {
      socket.close();
      this.#sockets.delete(at);
    } else if (call === 'shutdown') socket.shutdownSync(more[0] as 'read' | 'write' | 'both');
    else if (call === 'connect') {
      (socket as unix.Datagram).connectSync(names[more[0] as number] as string);
    } else (socket as unix.Datagram).disconnect();
    return 'ok';
  }

  async #send(
    socket: AnySocket,
    byte: number,
    length: number,
    count: number,
    to?: number,
  ): Promise<unknown> {
    const data = Buffer.alloc(length, byte);
    const fds = Array.from({ length: count }, (_, i) => files[i % files.length] as memory.Memfd);
    const extras = count > 0 ? { fds } : {};
    if (socket instanceof unix.Stream) {
      const sent = await anyForm(
        () => socket.trySend(data, extras),
        (limits) => socket.sendSync(data, { ...extras, ...limits }),
        (limits) => socket.send(data, { ...extras, ...limits }),
      );
      return sent === 0 && length > 0 ? 'EAGAIN' : sent;
    }
    const sent = await this.#sendPacket(socket, data, extras, to);
    return sent === false || sent === 'EAGAIN' ? 'EAGAIN' : 'ok';
  }

  #sendPacket(
    socket: unix.Datagram | unix.SeqPacket,
    data: Buffer,
    extras: unix.EnclosureOptions,
    to: number | undefined,
  ): Promise<unknown> {
    if (to !== undefined && socket instanceof unix.Datagram) {
      const name = names[to] as string;
      return anyForm<unknown>(
        () => socket.trySendTo(name, data, extras),
        (limits) => {
          socket.sendToSync(name, data, { ...extras, ...limits });
        },
        (limits) => socket.sendTo(name, data, { ...extras, ...limits }),
      );
    }
    return anyForm<unknown>(
      () => socket.trySend(data, extras),
      (limits) => {
        socket.sendSync(data, { ...extras, ...limits });
      },
      (limits) => socket.send(data, { ...extras, ...limits }),
    );
  }

  async #receive(socket: AnySocket, size: number | null): Promise<unknown> {
    const into = Buffer.alloc(size ?? 0);
    const found = await (size === null
      ? anyForm<unix.Message | null | undefined>(
          () => socket.tryReceive(),
          (limits) => socket.receiveSync(limits),
          (limits) => socket.receive(limits),
        )
      : anyForm<unix.MessageInto | null | undefined>(
          () => socket.tryReceiveInto(into),
          (limits) => socket.receiveIntoSync(into, limits),
          (limits) => socket.receiveInto(into, limits),
        ));
    if (found === undefined || found === 'EAGAIN') return 'EAGAIN';
    if (found === null) return 'end';
    const data = 'data' in found ? found.data : into.subarray(0, found.length);
    const fds = found.fds.map(({ fd }) => places.get(fstatSync(fd).ino));
    for (const fd of found.fds) fd.close();
    const { truncated, fullLength, fdsError, from } = found;
    return {
      length: data.length,
      hash: createHash('md5').update(data).digest('hex'),
      fds,
      lost: fdsError !== undefined,
      truncated,
      fullLength,
      from: from === undefined ? null : names.indexOf(String(from)),
    };
  }
}

test(
  `${String(runs)} runs`,
  async () => {
    const peer = new Peer('python3', [path.resolve(__dirname, '../fixtures/socket-model.py')]);
    const ends: Record<string, number> = {};
    for (let i = 0; i < runs; i++) {
      const plan = planOf();
      peer.tell(JSON.stringify(plan));
      const expected = (await peer.json()) as unknown[];
      const run = new Run(plan);
      for (const [at, step] of plan.steps.entries()) {
        const found = await run.make(step);
        const made = JSON.stringify({ ...plan, steps: plan.steps.slice(0, at + 1) });
        expect({ made, found }).toEqual({ made, found: expected[at] });
        const kind = typeof found === 'string' ? found : typeof found;
        ends[kind] = (ends[kind] ?? 0) + 1;
      }
      run.close();
    }
    report(`${String(runs)} runs: ${JSON.stringify(ends)}`);
  },
  patience(20),
);
