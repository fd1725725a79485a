/** Pipes as the rows need them: small, and as descriptors or as objects of the class. */

import { openSync } from 'node:fs';

import type { stream } from 'posix-ipc';
import { F_SETPIPE_SZ, fcntl, pipe2 } from 'posix-ipc/syscalls';

import { temporaryFile } from '../support/files';
import { temporaryPipe } from '../support/pipes';
import { adoptDescriptor, put } from './descriptors';

/** As in the C program. */
export const PIPE_SIZE = 4096;

export interface Ends {
  reading: number;
  writing: number;
}

export function newPipe(flags = 0, capacity = PIPE_SIZE): Ends {
  const [reading, writing] = pipe2(flags).map(adoptDescriptor) as [number, number];
  fcntl(writing, F_SETPIPE_SZ, capacity);
  return { reading, writing };
}

export function fullPipe(flags = 0): Ends {
  const ends = newPipe(flags);
  put(ends.writing, Buffer.alloc(PIPE_SIZE));
  return ends;
}

export function pipeObject(options?: stream.PipeOptions): stream.Pipe {
  return temporaryPipe({ capacity: PIPE_SIZE, ...options });
}

export function fullPipeObject(): stream.Pipe {
  const pipe = pipeObject();
  pipe.writer.tryWrite(Buffer.alloc(PIPE_SIZE));
  return pipe;
}

/** A descriptor of a new file. */
export function fileWith(text: string, flags: string | number = 'r+'): number {
  return adoptDescriptor(openSync(temporaryFile(text), flags));
}
