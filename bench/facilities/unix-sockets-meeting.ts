/** Where the programs of a row with Unix sockets meet. */

import { randomUUID } from 'node:crypto';
import { closeSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SystemError } from 'posix-ipc';
import {
  AF_UNIX,
  MSG_DONTWAIT,
  recvmsg,
  shutdown,
  SHUT_RDWR,
  SOCK_CLOEXEC,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  socketpair,
} from 'posix-ipc/syscalls';
import type { Meeting } from '../core/measure';
import type { Work } from '../core/params';
import { REPLY, REQUEST } from '../core/slots';
import { boundTo } from '../core/sockets';

/** The ends of the pairs stay open here, so that nothing in them is lost between two programs. */
export function meet({ size }: Work): Meeting {
  const prefix = path.join(tmpdir(), `posix-ipc-bench-${randomUUID().slice(0, 8)}`);
  const pairs = [SOCK_SEQPACKET, SOCK_STREAM].map((type) =>
    socketpair(AF_UNIX, type | SOCK_CLOEXEC),
  );
  const ends = pairs.flat();
  return {
    address: `${prefix}:${String(size)}`,
    descriptors: [0, 1].map((side) => pairs.map((pair) => pair[side] as number)),
    // What is left of datagrams goes with the socket of the program that has ended.
    complaint: () => (ends.some(hasMore) ? 'something is left in a socket' : undefined),
    remove: () => {
      for (const fd of ends) {
        shutdown(fd, SHUT_RDWR); // lets those out that still wait
        closeSync(fd);
      }
      for (const type of [REQUEST, REPLY]) rmSync(boundTo({ prefix, size }, type), { force: true });
    },
  };
}

function hasMore(fd: number): boolean {
  try {
    return recvmsg(fd, { msg_iov: [Buffer.alloc(1)] }, MSG_DONTWAIT) > 0;
  } catch (error) {
    if (error instanceof SystemError && error.code === 'EAGAIN') return false;
    throw error;
  }
}
