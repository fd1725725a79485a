import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { ANSWER, DATA, END, HEADER, READY, formatHeader, parseVerdict } from './protocol';
import type { SourceFile } from './options';
import type { Endpoint, InPlaceEndpoint } from './transports/transport';

/** How much is read from the disk at once. */
const BLOCK = 256 * 1024;

export interface Sent {
  bytes: number;
  messages: number;
  seconds: number;
  /** Whether the receiver computed the same digest from what arrived. */
  equal: boolean;
}

/** Sends the file, and waits for the receiver's verdict. */
export async function sendFile(
  file: SourceFile,
  end: Endpoint,
  signal: AbortSignal,
  onProgress: (bytes: number) => void,
): Promise<Sent> {
  if ((await receiveAnswer(end, signal)).toString() !== READY) {
    throw new Error('the receiver does not say that it is ready');
  }
  const start = performance.now();
  await end.send(HEADER, formatHeader(file), signal);

  const hash = createHash('sha256');
  let bytes = 0;
  let messages = 1;
  const sent = isInPlace(end)
    ? sendInPlace(file.path, end, signal)
    : sendCopies(file.path, end, signal);
  for await (const piece of sent) {
    hash.update(piece); // while the receiver is at it, too
    bytes += piece.length;
    messages += 1;
    if (bytes > file.size) break; // it may grow for ever
    onProgress(bytes);
  }
  if (bytes !== file.size) throw new Error(`${file.path} changed while it was sent`);

  const digest = hash.digest('hex');
  await end.send(END, digest, signal);
  const verdict = parseVerdict(await receiveAnswer(end, signal));
  return {
    bytes,
    messages: messages + 1,
    seconds: (performance.now() - start) / 1000,
    equal: verdict.equal && verdict.digest === digest,
  };
}

/** Sends the file, and yields what was sent. */
async function* sendCopies(
  file: string,
  end: Endpoint,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, void> {
  for await (const block of createReadStream(file, { highWaterMark: BLOCK })) {
    for (const piece of pieces(block as Buffer, end.maxLength)) {
      await end.send(DATA, piece, signal);
      yield piece;
    }
  }
}

function isInPlace(end: Endpoint): end is InPlaceEndpoint {
  return 'sendInPlace' in end;
}

/** The same; the file is read into the memory of the messages. */
async function* sendInPlace(
  file: string,
  end: InPlaceEndpoint,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, void> {
  const fd = openSync(file, 'r');
  try {
    for (;;) {
      const piece = await end.sendInPlace(DATA, (memory) => readSync(fd, memory, {}), signal);
      if (piece.length === 0) return;
      yield piece;
    }
  } finally {
    closeSync(fd);
  }
}

function* pieces(block: Buffer, maxLength: number): Generator<Buffer> {
  for (let at = 0; at < block.length; at += maxLength) yield block.subarray(at, at + maxLength);
}

async function receiveAnswer(end: Endpoint, signal: AbortSignal): Promise<Buffer> {
  const { type, data } = await end.receive(signal);
  if (type !== ANSWER) throw new Error(`expected an answer, got a message of type ${String(type)}`);
  return data;
}
