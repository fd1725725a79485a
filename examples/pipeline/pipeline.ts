/**
 * A shell pipeline with this program in its middle, where each line gets its number, as by nl(1):
 * pipeline COMMAND COMMAND.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { stream, SystemError } from 'posix-ipc';

import { messageOf } from '../support/program';

function start(
  command: string,
  input: number | 'inherit',
  output: number | 'inherit',
): ChildProcess {
  return spawn('sh', ['-c', command], { stdio: [input, output, 'inherit'] });
}

async function number(from: stream.PipeReader, to: stream.PipeWriter): Promise<void> {
  let lines = 0;
  try {
    for await (const line of from.lines()) {
      lines += 1;
      await to.write(`${String(lines)}\t${line}\n`); // waits for a slow consumer, and with it the producer
    }
  } catch (error) {
    // The consumer has read enough, as head(1) does.
    if (!(error instanceof SystemError && error.code === 'EPIPE')) throw error;
  } finally {
    from.close(); // a producer that goes on gets SIGPIPE, as in a shell
    to.close();
  }
}

async function main(producer: string, consumer: string): Promise<void> {
  const [before, after] = [await stream.pipe(), await stream.pipe()];
  const first = start(producer, 'inherit', before.writer.fd);
  const last = start(consumer, after.reader.fd, 'inherit');
  const ends = [once(first, 'close'), once(last, 'close')];
  // They have copies of their own. With ours open nobody would ever see the end.
  before.writer.close();
  after.reader.close();
  await Promise.all([number(before.reader, after.writer), ...ends]);
  process.exitCode = last.exitCode ?? 1;
}

main(process.argv[2] ?? 'seq 3', process.argv[3] ?? 'cat').catch((error: unknown) => {
  console.error(`pipeline: ${messageOf(error)}`);
  process.exitCode = 1;
});
