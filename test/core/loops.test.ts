/** A loop over an object that is closed ends at once, whatever the object is: as one that has begun before. */

import { type channel, event, posix, stream, sysv, unix } from 'posix-ipc';

import { makeBroadcast } from '../support/broadcasts';
import { makeChannel } from '../support/channels';

type Loop = () => AsyncIterable<unknown>;

interface Closable extends AsyncIterable<unknown> {
  close(): void;
}

/** The loops over it: by itself, and those of its methods. */
function loopsOver<T extends Closable>(one: T, ...more: ((one: T) => Loop)[]): [T, ...Loop[]] {
  return [one, () => one, ...more.map((loop) => loop(one))];
}

function sysvQueue(): sysv.MessageQueue {
  const queue = sysv.MessageQueue.createSync(sysv.IPC_PRIVATE);
  queue.removeSync();
  return queue;
}

function posixQueue(): posix.MessageQueue {
  const queue = posix.MessageQueue.createSync();
  queue.unlinkSync();
  return queue;
}

function pipeReader(): stream.PipeReader {
  const { reader, writer } = stream.pipeSync();
  writer.close();
  return reader;
}

function endOfPair(): unix.SeqPacket {
  const [one, other] = unix.socketpairSync('seqpacket');
  other.close();
  return one;
}

const endsOf = <T extends channel.Receiver | channel.Subscriber>(one: T): [T, ...Loop[]] =>
  loopsOver(
    one,
    (of) => () => of.batches(),
    (of) => () => of.values(),
  );

const rows: Record<string, () => [Closable, ...Loop[]]> = {
  'sysv.MessageQueue': () => loopsOver(sysvQueue(), (one) => () => one.batches()),
  'posix.MessageQueue': () => loopsOver(posixQueue(), (one) => () => one.batches()),
  'channel.Receiver': () => endsOf(makeChannel().receiver()),
  'channel.Subscriber': () => endsOf(makeBroadcast().subscribe()),
  'event.SignalQueue': () => loopsOver(event.SignalQueue.openSync(event.SIGRTMIN + 7)),
  'stream.PipeReader': () =>
    loopsOver(
      pipeReader(),
      (one) => () => one.lines(),
      (one) => () => one.records(8),
    ),
  'unix.SeqPacket': () => loopsOver(endOfPair()),
};

test.each(Object.entries(rows))('%s', async (_name, make) => {
  const [one, ...loops] = make();
  one.close();
  for (const loop of loops) {
    const first = await loop()[Symbol.asyncIterator]().next();
    expect(first).toEqual({ value: undefined, done: true });
  }
});
