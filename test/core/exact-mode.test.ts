/** Files of FIFOs, sockets and locks have their modes from the first instant: nobody changes them later. */

import { lstatSync, mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs';
import path from 'node:path';

import { lock, stream, unix } from 'posix-ipc';

import { runDirectory } from '../support/run-directory';
import { soon } from '../support/wait-until';

const mode = 0o666;

const makers: [string, (file: string) => { close(): void }][] = [
  ['Fifo', (file) => stream.Fifo.createSync(file, { mode })],
  ['Datagram', (file) => unix.Datagram.createSync(file, { mode })],
  ['SeqPacketServer', (file) => unix.SeqPacketServer.createSync(file, { mode })],
  ['FileLock', (file) => lock.FileLock.createSync(file, { mode })],
  ['FileLock.openOrCreate', (file) => lock.FileLock.openOrCreateSync(file, { mode })],
  ['StreamServer', (file) => unix.StreamServer.openOrCreateSync(file, { mode })],
];

/** What inotify(7) tells of a folder until a file `end` is there. */
async function eventsOf(folder: string, meanwhile: () => void): Promise<string[]> {
  const events: string[] = [];
  const watcher = watch(folder);
  const ended = new Promise<void>((resolve) => {
    watcher.on('change', (what: string, name) => {
      if (name === 'end') resolve();
      else events.push(`${what} ${String(name)}`);
    });
  });
  meanwhile();
  writeFileSync(path.join(folder, 'end'), '');
  await soon('the last event', ended);
  watcher.close();
  return events;
}

test.each(makers)('%s', async (_name, make) => {
  const folder = mkdtempSync(path.join(runDirectory(), 'modes-'));
  const file = path.join(folder, 'it');
  const events = await eventsOf(folder, () => {
    const before = process.umask(0o077);
    try {
      make(file).close();
    } finally {
      expect(process.umask(before)).toBe(0o077);
    }
  });
  expect(lstatSync(file).mode & 0o7777).toBe(mode);
  expect(events).toEqual(['rename it']); // made; 'change' would be chmod(2)
  rmSync(folder, { recursive: true });
});
