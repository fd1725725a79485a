/** All facilities, under the names that the command knows, with the titles of their sections in a document. */

import type { Compiler } from '../core/compiler';
import type { Facility } from '../core/measure';
import type { Asked, Effort } from '../options';
import { facility as channel } from './channel';
import { facility as eventfd } from './eventfd';
import { facility as fileLocks } from './file-locks';
import { facility as futex } from './futex';
import { facility as locks } from './locks';
import { facility as memory } from './memory';
import { facility as mutex } from './mutex';
import { facility as pipes } from './pipes';
import { facility as posixQueues } from './posix-queues';
import { facility as posixSemaphores } from './posix-semaphores';
import { facility as sysv } from './sysv';
import { facility as sysvSemaphores } from './sysv-semaphores';
import { facility as transports } from './transports';
import { facility as unixSockets } from './unix-sockets';

interface Registered {
  title: string;
  build: (effort: Effort, compiler: Compiler, asked: Asked) => Facility;
}

/** A new facility adds its line here. */
export const facilities: Readonly<Record<string, Registered>> = {
  sysv: { title: 'System V queues', build: sysv },
  memory: { title: 'Shared memory', build: memory },
  'posix-queues': { title: 'POSIX queues', build: posixQueues },
  'posix-semaphores': { title: 'POSIX semaphores', build: posixSemaphores },
  'sysv-semaphores': { title: 'System V semaphores', build: sysvSemaphores },
  futex: { title: 'Futexes', build: futex },
  mutex: { title: 'The mutex', build: mutex },
  'file-locks': { title: 'File locks', build: fileLocks },
  locks: { title: 'The other locks', build: locks },
  pipes: { title: 'Pipes and FIFOs', build: pipes },
  'unix-sockets': { title: 'Unix sockets', build: unixSockets },
  eventfd: { title: 'Eventfds', build: eventfd },
  channel: { title: 'The channel', build: channel },
  transports: { title: 'Transports between two Node processes', build: transports },
};
