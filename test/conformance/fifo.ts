/** Rows of FIFOs: open(2), at once and blocking, and what fifo(7) says of reads and writes. */

import { constants, openSync } from 'node:fs';

import { stream } from 'posix-ipc';

import { untilBlockedIn, type BlockingCall } from '../support/blocked';
import { temporaryFile } from '../support/files';
import { closing } from '../support/pipes';
import { soon } from '../support/wait-until';
import { adoptDescriptor, closeNow, put, textFrom, textOf } from './descriptors';
import { acrossSignal, asNobody, start, whileBlocked } from './elsewhere';
import { endsOf, fifoObject, newFifo, openedNow, unusedPath, writerNow, type Named } from './fifos';
import { root } from './needs';
import { resultsOf } from './result';
import { absent, different, gvisor, own, type Row } from './row';

const { O_RDONLY, O_RDWR, O_WRONLY } = constants;
const restarts = absent('Node sets SA_RESTART on all its handlers');

/** How the class says ENXIO. */
function orEnxio(writer: stream.PipeWriter | undefined): string {
  return writer === undefined ? 'ENXIO' : 'done';
}

function byNobody(c: string, what: string, expected: string, mode: number): Row {
  return {
    ...own(
      c,
      what,
      expected,
      () => asNobody('open-nonblock', newFifo(mode).key),
      () => asNobody('try-open-reader', newFifo(mode).key),
    ),
    needs: root,
  };
}

const openings: Row[] = [
  own(
    'fifo-no-reader',
    'to write, without waiting, where nobody reads',
    'ENXIO',
    () => openedNow(newFifo().key, O_WRONLY),
    () => orEnxio(writerNow(fifoObject())),
  ),
  own(
    'fifo-no-writer',
    'to read, without waiting, where nobody writes',
    'done',
    () => {
      openedNow(newFifo().key, O_RDONLY);
    },
    () => {
      closing(fifoObject().tryOpenReader());
    },
  ),
  own(
    'fifo-writer-at-once',
    'to write, without waiting, where somebody reads',
    'done',
    () => {
      const { key } = newFifo();
      openedNow(key, O_RDONLY);
      openedNow(key, O_WRONLY);
    },
    () => {
      const fifo = fifoObject();
      closing(fifo.tryOpenReader());
      return orEnxio(writerNow(fifo));
    },
  ),
  gvisor(
    'FifoOpenRDWR',
    'fifo-both',
    'to read and write: nobody is waited for',
    'hello',
    () => {
      const { key } = newFifo();
      const fd = adoptDescriptor(openSync(key, O_RDWR));
      put(openedNow(key, O_WRONLY), 'hello');
      return textFrom(fd);
    },
    async () => {
      const fifo = fifoObject();
      const reader = closing(await fifo.openReader({ keepOpen: true }));
      await writerNow(fifo)?.write('hello');
      return textOf(await reader.read());
    },
  ),
  own(
    'fifo-both-never-end',
    'who reads and writes never sees the end',
    'EAGAIN',
    () => {
      const { key } = newFifo();
      const fd = openedNow(key, O_RDWR);
      closeNow(openedNow(key, O_WRONLY));
      return textFrom(fd);
    },
    async () => {
      const fifo = fifoObject();
      const reader = closing(await fifo.openReader({ keepOpen: true }));
      writerNow(fifo)?.close();
      return textOf(reader.tryRead());
    },
  ),
  own(
    'fifo-absent',
    'a path of nothing',
    'ENOENT',
    () => openedNow(unusedPath().key, O_RDONLY),
    () => stream.Fifo.open(unusedPath().key),
  ),
  own(
    'fifo-other-file',
    'a file that is no FIFO',
    'done',
    () => {
      openedNow(temporaryFile(''), O_RDONLY);
    },
    different('EINVAL', 'a Fifo is one', () => stream.Fifo.open(temporaryFile(''))),
  ),
  byNobody('fifo-forbidden', 'by another user, without permission', 'EACCES', 0o600),
  byNobody('fifo-allowed', 'by another user, with permission', 'done', 0o604),
  own(
    'fifo-unlinked',
    'when its name is gone, its ends go on',
    'on',
    () => {
      const { key } = newFifo();
      const [reading, writing] = [openedNow(key, O_RDONLY), openedNow(key, O_WRONLY)];
      stream.Fifo.unlinkSync(key);
      put(writing, 'on');
      return textFrom(reading);
    },
    async () => {
      const fifo = fifoObject();
      const { reader, writer } = endsOf(fifo);
      await fifo.unlink();
      await writer.write('on');
      return textOf(await reader.read());
    },
  ),
];

/** An open that blocks goes on when the other end comes. */
function goesOn(c: string, what: string, call: 'reading' | 'writing'): Row {
  const other = call === 'reading' ? O_WRONLY : O_RDONLY;
  return own(
    c,
    what,
    'done',
    () => {
      const fifo = newFifo();
      const open = (): unknown => openedNow(fifo.key, other);
      return whileBlocked('openat', fifo, open, `open-${call}`);
    },
    async () => {
      const { key } = newFifo();
      const fifo = closing(stream.Fifo.openSync(key));
      const opening = call === 'reading' ? fifo.openReader() : fifo.openWriter();
      await untilBlockedIn('openat', process.pid);
      openedNow(key, other);
      closing(await opening);
    },
  );
}

async function afterKill(call: string): Promise<string> {
  const fifo = newFifo();
  const peer = start(call, fifo);
  await untilBlockedIn('openat', peer.pid);
  peer.kill('SIGKILL');
  await soon('its end', peer.ended);
  return orEnxio(writerNow(closing(stream.Fifo.openSync(fifo.key))));
}

const blockedOpenings: Row[] = [
  goesOn('fifo-reader-goes-on', 'to read: it goes on when there is a writer', 'reading'),
  goesOn('fifo-writer-goes-on', 'to write: it goes on when there is a reader', 'writing'),
  gvisor(
    'OpenBlockedAndInterrupted',
    'fifo-interrupted',
    'a handler without SA_RESTART runs while it blocks',
    'EINTR',
    restarts,
    different('signal, then done', 'the handler runs meanwhile', () => {
      const fifo = newFifo();
      return acrossSignal('openat', 'open-reader', fifo, () => {
        openedNow(fifo.key, O_WRONLY);
      });
    }),
  ),
  own(
    'fifo-killed',
    'who is killed while it waits is no reader',
    'ENXIO',
    () => afterKill('open-reading'),
    () => afterKill('open-reader'),
  ),
];

// ---- reads and writes

/** Another process waits in a call, while this one has the other end. */
async function whileWaiting(
  reads: boolean,
  [call, blocked]: [call: string, blocked: BlockingCall],
  happen: (fd: number) => void,
): Promise<string> {
  const fifo = newFifo();
  const reading = openedNow(fifo.key, O_RDONLY);
  const writing = openedNow(fifo.key, O_WRONLY);
  if (!reads) put(writing, Buffer.alloc(65_536));
  const peer = start(call, fifo);
  await untilBlockedIn(blocked, peer.pid, fifo.id);
  closeNow(reads ? reading : writing);
  happen(reads ? writing : reading);
  return peer.line();
}

/** A call of the fixture, and a method, that wait. */
function waits(
  c: string,
  what: string,
  expected: string,
  call: 'read' | 'write',
  happen: (fd: number) => void,
): Row {
  const reads = call === 'read';
  const method = reads ? 'reader-read' : 'writer-write';
  return own(
    c,
    what,
    expected,
    () => whileWaiting(reads, [call, call], happen),
    () => whileWaiting(reads, [method, 'epoll'], happen),
  );
}

/** A reading end that has seen the end of its first writer, and a second one. */
function reopened(fifo: Named): [first: () => unknown, second: () => unknown] {
  const reading = openedNow(fifo.key, O_RDONLY);
  closeNow(openedNow(fifo.key, O_WRONLY));
  return [
    () => textFrom(reading),
    () => {
      put(openedNow(fifo.key, O_WRONLY), 'again');
      return textFrom(reading);
    },
  ];
}

const transfers: Row[] = [
  own(
    'fifo-before-writer',
    'a read before the first writer',
    'end',
    () => textFrom(openedNow(newFifo().key, O_RDONLY)),
    different('EAGAIN', 'a reader waits for its first writer', () =>
      textOf(closing(fifoObject().tryOpenReader()).tryRead()),
    ),
  ),
  own(
    'fifo-again',
    'after the end there may be another writer',
    'end again',
    () => resultsOf(...reopened(newFifo())),
    () => {
      const fifo = fifoObject();
      const { reader, writer } = endsOf(fifo);
      writer.close();
      return resultsOf(
        async () => textOf(await reader.read()),
        async () => {
          await writerNow(fifo)?.write('again');
          return textOf(await reader.read());
        },
      );
    },
  ),
  own(
    'fifo-lost',
    'what is in it goes with its last end',
    'EAGAIN',
    () => {
      const { key } = newFifo();
      const [reading, writing] = [openedNow(key, O_RDONLY), openedNow(key, O_WRONLY)];
      put(writing, 'lost');
      closeNow(reading);
      closeNow(writing);
      const again = openedNow(key, O_RDONLY);
      openedNow(key, O_WRONLY);
      return textFrom(again);
    },
    async () => {
      const fifo = fifoObject();
      const { reader, writer } = endsOf(fifo);
      await writer.write('lost');
      reader.close();
      writer.close();
      return textOf(endsOf(fifo).reader.tryRead());
    },
  ),
  waits('fifo-read-goes-on', 'a read that blocks goes on', 'come', 'read', (fd) => {
    put(fd, 'come');
  }),
  waits('fifo-read-ends', 'it ends with the last writer', 'end', 'read', closeNow),
  own(
    'fifo-read-interrupted',
    'a handler without SA_RESTART runs while it blocks',
    'EINTR',
    restarts,
    different('signal, then come', 'the handler runs meanwhile', () => {
      const fifo = newFifo();
      openedNow(fifo.key, O_RDONLY);
      const writing = openedNow(fifo.key, O_WRONLY);
      return acrossSignal('epoll', 'reader-read', fifo, () => {
        put(writing, 'come');
      });
    }),
  ),
  waits('fifo-write-goes-on', 'a write that blocks goes on', '1', 'write', (fd) => {
    textFrom(fd, 65_536);
  }),
  waits('fifo-write-breaks', 'it breaks with the last reader', 'EPIPE', 'write', closeNow),
];

export const fifoRows: Row[] = [...openings, ...blockedOpenings, ...transfers];
