import { channelInPlace, copyingChannel } from './channel';
import { fifo } from './fifo';
import { mappedFile } from './mapped-file';
import { memfd } from './memfd';
import { pipe } from './pipe';
import { posixQueue } from './posix-queue';
import { posixSharedMemory } from './posix-shm';
import { systemVQueue } from './sysv-queue';
import { systemVSharedMemory } from './sysv-shm';
import type { Transport } from './transport';
import { unixDatagram } from './unix-datagram';
import { unixSeqPacket } from './unix-seqpacket';
import { unixStream } from './unix-stream';

/** All of them, in the order of the table. A new transport adds its line here. */
export const transports: readonly Transport[] = [
  systemVQueue,
  posixQueue,
  pipe,
  fifo,
  unixStream,
  unixDatagram,
  unixSeqPacket,
  memfd,
  posixSharedMemory,
  systemVSharedMemory,
  mappedFile,
  copyingChannel,
  channelInPlace,
];
