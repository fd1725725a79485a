import { byOpener } from '../core/by-opener';
import { check } from '../core/error';
import { word } from '../core/mapping-options';
import { OwnedDescriptor } from '../core/owned-descriptor';
import { promised } from '../core/promised';
import { native } from '../native';
import { SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } from './constants';
import { Datagram } from './datagram';
import { SeqPacket } from './seqpacket';
import { configure, socketPlan, type SocketOptions, type SocketPlan } from './socket-options';
import { Stream } from './stream';

/** The kinds of sockets. */
export interface SocketTypes {
  /** Bytes. */
  stream: Stream;
  /** Messages. */
  datagram: Datagram;
  /** Messages, with an end. */
  seqpacket: SeqPacket;
}

const numbers: Record<keyof SocketTypes, number> = {
  stream: SOCK_STREAM,
  datagram: SOCK_DGRAM,
  seqpacket: SOCK_SEQPACKET,
};

const makers: {
  [K in keyof SocketTypes]: (fd: OwnedDescriptor, plan: SocketPlan) => SocketTypes[K];
} = {
  stream: (descriptor, plan) => new Stream(byOpener, descriptor, plan),
  datagram: (descriptor, plan) => new Datagram(byOpener, { descriptor, plan, file: undefined }),
  seqpacket: (descriptor, plan) => new SeqPacket(byOpener, descriptor, plan),
};

const made = new Int32Array(2);

/**
 * Two sockets that are connected to each other and have no address: one is often for a child, which
 * gets its `fd` through `stdio`.
 *
 * Errors: EMFILE, ENFILE. Source: socketpair(2).
 *
 * ```js
 * const [ours, theirs] = await unix.socketpair('seqpacket');
 * spawn('worker', { stdio: ['ignore', 'inherit', 'inherit', theirs.fd] });
 * theirs.close();
 * ```
 */
export function socketpair<K extends keyof SocketTypes>(
  type: K,
  options?: SocketOptions,
): Promise<[SocketTypes[K], SocketTypes[K]]> {
  return promised(() => socketpairSync(type, options));
}

/** As `socketpair`, at once. */
export function socketpairSync<K extends keyof SocketTypes>(
  type: K,
  options?: SocketOptions,
): [SocketTypes[K], SocketTypes[K]] {
  const number = word('type', numbers, type);
  const plan = socketPlan(options);
  check(native.unixPair(number, made), 'socketpair');
  const [one, other] = [...made].map((handle) => new OwnedDescriptor(handle)) as [
    OwnedDescriptor,
    OwnedDescriptor,
  ];
  try {
    configure(one.number, plan);
    configure(other.number, plan);
    return [makers[type](one, plan), makers[type](other, plan)];
  } catch (error) {
    one.close();
    other.close();
    throw error;
  }
}
