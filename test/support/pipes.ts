/** Pipes and FIFOs that are gone after the test. Importing this registers the clean-up. */

import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import path from 'node:path';

import { stream } from 'posix-ipc';

import { runDirectory } from './run-directory';

const O_NONBLOCK = 0o4000;

interface Closable {
  close(): void;
}

const open: Closable[] = [];
const names = new Set<string>();

afterEach(() => {
  for (const one of open.splice(0)) one.close();
  for (const name of names) rmSync(name, { force: true });
  names.clear();
});

/** It is closed after the test. */
export function closing<T extends Closable>(one: T): T {
  open.push(one);
  return one;
}

export function temporaryPipe(options?: stream.PipeOptions): stream.Pipe {
  const pipe = stream.pipeSync(options);
  closing(pipe.reader);
  closing(pipe.writer);
  return pipe;
}

/** A path that nobody has yet. */
export function temporaryPath(): string {
  const name = path.join(runDirectory(), `fifo-${randomUUID()}`);
  names.add(name);
  return name;
}

export function temporaryFifo(options?: stream.FifoOptions): stream.Fifo {
  return closing(stream.Fifo.createSync(temporaryPath(), options));
}

/** Both ends of a new FIFO. */
export async function temporaryEnds(): Promise<stream.Pipe & { fifo: stream.Fifo }> {
  const fifo = temporaryFifo();
  const [reader, writer] = await Promise.all([fifo.openReader(), fifo.openWriter()]);
  return { fifo, reader: closing(reader), writer: closing(writer) };
}

/** Flags of a descriptor and of its open file. */
export function flagsOf(fd: number): number {
  const info = readFileSync(`/proc/self/fdinfo/${String(fd)}`, 'latin1');
  return parseInt(/^flags:\s+([0-7]+)$/m.exec(info)?.[1] ?? '', 8);
}

/** Whether calls on a descriptor block. */
export function blocks(fd: number): boolean {
  return (flagsOf(fd) & O_NONBLOCK) === 0;
}

/** Whether this process has the same end a second time, as an open file whose calls do not block. */
export function isOpenedAgain(fd: number): boolean {
  const end = nameOf(fd);
  return readdirSync('/proc/self/fd').some((one) => {
    const other = Number(one);
    return nameOf(other) === end && !blocks(other);
  });
}

/** Which pipe it leads to, and its access mode; undefined where it is not open any more. */
function nameOf(fd: number): string | undefined {
  try {
    return `${readlinkSync(`/proc/self/fd/${String(fd)}`)} ${String(flagsOf(fd) & 3)}`;
  } catch {
    return undefined;
  }
}

/** All that is there. One read may take less: as much as a pool has room for, which all objects share. */
export function chunksNow(reader: stream.PipeReader, options?: stream.SizeOptions): Buffer[] {
  const chunks: Buffer[] = [];
  let chunk = reader.tryRead(options);
  while (chunk) {
    chunks.push(chunk);
    chunk = reader.tryRead(options);
  }
  return chunks;
}

/** All until the end. */
export async function readAll(reader: stream.PipeReader): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of reader) chunks.push(chunk);
  return Buffer.concat(chunks);
}
