/** What goes with a message, in the memory that the addon reads and writes: native/unix/message.cc. */

import { byOpener } from '../core/by-opener';
import { OwnedDescriptor } from '../core/owned-descriptor';
import { SystemError } from '../core/error';
import { native } from '../native';
import { addressIn, type Address } from './address';
import { ReceivedDescriptor } from './received-descriptor';

/** Who has sent a message, or is at the other end. */
export interface Credentials {
  /** The process. */
  pid: number;
  /** Its user. */
  uid: number;
  /** Its group. */
  gid: number;
}

/** What came with a message. */
export interface Extras {
  /** Descriptors, close-on-exec. Who does not take them (`detach`) may `close` them, or forget them. */
  fds: readonly ReceivedDescriptor[];
  /** Of the sender, as the kernel vouches; with `credentials: true` only. */
  credentials: Credentials | undefined;
  /** A datagram's sender; undefined where it has no address. */
  from: Address | undefined;
  /** The end of the data is lost: it did not fit. */
  truncated: boolean;
  /** The length of all that was sent. */
  fullLength: number;
  /**
   * Why descriptors that were sent with it are lost, all of them: EMFILE (this process has as many
   * as it may), or ETOOMANYREFS (more than `fds` asked for).
   */
  fdsError: SystemError | undefined;
}

/** Most descriptors of one message: SCM_MAX_FD. */
export const mostFds = 253;

const numbersAt = 6;
const handlesAt = numbersAt + mostFds;
const nameAt = (handlesAt + mostFds) * 4;
const longestName = 108;

const FLAG = { truncated: 1, fdsLost: 2, credentials: 4, ended: 8, newName: 16 };

/** How messages are received: the low byte is the most descriptors. */
export const HOW = {
  name: 0x100,
  credentials: 0x200,
  whole: 0x400,
  packets: 0x800,
  ends: 0x1000,
  again: 0x2000,
};

const words = new Int32Array((nameAt + longestName) / 4);
const names = new Uint8Array(words.buffer, nameAt, longestName);

/** The addon's address of it. */
export const ENVELOPE = native.registerSlab(words);

const none: readonly ReceivedDescriptor[] = Object.freeze([]);
let last: Address | undefined;

/** What is sent with a message. */
export interface Enclosure {
  fds: readonly number[];
  credentials: Credentials | undefined;
  to: Uint8Array | undefined;
}

/** Loads what is sent with the next message. */
export function enclose({ fds, credentials, to }: Enclosure): void {
  words[0] = credentials === undefined ? 0 : FLAG.credentials;
  words[1] = to?.length ?? 0;
  words[2] = fds.length;
  words[3] = credentials?.pid ?? 0;
  words[4] = credentials?.uid ?? 0;
  words[5] = credentials?.gid ?? 0;
  words.set(fds, numbersAt);
  if (to !== undefined) names.set(to);
}

/** Whether what was received is the end, and no message. */
export function isEnd(): boolean {
  return ((words[0] ?? 0) & FLAG.ended) !== 0;
}

/** What came with the message received last, of so many bytes. */
export function extrasOf(fullLength: number, how: number): Extras {
  const [flags, nameLength, count] = [words[0] ?? 0, words[1] ?? 0, words[2] ?? 0];
  const kept = (flags & FLAG.fdsLost) === 0;
  return {
    fds: count > 0 && kept ? descriptors(count) : none,
    credentials: (flags & FLAG.credentials) === 0 ? undefined : credentialsIn(words, 3),
    from: nameLength === 0 ? undefined : sender(nameLength, flags),
    truncated: (flags & FLAG.truncated) !== 0,
    fullLength,
    fdsError: kept ? undefined : lostBecause(count, how & 0xff),
  };
}

export function credentialsIn(memory: Int32Array, at: number): Credentials {
  return {
    pid: memory[at] ?? 0,
    uid: (memory[at + 1] ?? 0) >>> 0,
    gid: (memory[at + 2] ?? 0) >>> 0,
  };
}

/** Many messages in a row are from one sender: its name is read once. */
function sender(length: number, flags: number): Address | undefined {
  if ((flags & FLAG.newName) !== 0) last = addressIn(names.subarray(0, length));
  return typeof last === 'string' ? last : last && Buffer.from(last); // the caller may write to it
}

function descriptors(count: number): ReceivedDescriptor[] {
  return Array.from({ length: count }, (_, i) => {
    const handle = words[handlesAt + i] ?? 0;
    return new ReceivedDescriptor(byOpener, new OwnedDescriptor(handle, words[numbersAt + i]));
  });
}

function lostBecause(came: number, most: number): SystemError {
  if (came < most) {
    const hint = 'descriptors were sent that this process has no room for; raise it with ulimit -n';
    return new SystemError('EMFILE', 'recvmsg', { hint });
  }
  const hint = `more descriptors were sent than options.fds = ${String(most)} asks for`;
  return new SystemError('ETOOMANYREFS', 'recvmsg', { hint });
}
