/** A file that nobody could read at once: 8 GiB, almost all of it a hole. */

import { truncateSync } from 'node:fs';

import { memory } from 'posix-ipc';

import { temporaryFile } from '../support/files';
import { mapped } from '../support/mappings';
import { startNode } from '../support/processes';
import { soon } from '../support/wait-until';

const gibibyte = 2 ** 30;

const patience = 240_000;
jest.setTimeout(patience);

function sparseFile(): string {
  const file = temporaryFile('');
  truncateSync(file, 8 * gibibyte);
  return file;
}

test('windows over all of it, one after the other, leave resident memory as it was', async () => {
  const peer = startNode('large-file', [sparseFile()], { execArgv: ['--expose-gc'] });
  const { stdout, stderr } = await soon('the end of all windows', peer.ended, patience);
  expect(stderr).toBe('');
  const { grown, ...seen } = JSON.parse(stdout) as { grown: number };
  expect(seen).toEqual({ windows: 512, clean: true, wrong: 0 });
  expect(grown).toBeLessThan(16 * 2 ** 20); // what they show is 32 MiB by views, and 32 by copies
});

test('its last bytes are written through a window, and seen through all of it', () => {
  const file = sparseFile();
  const end = mapped(file, { offset: 8 * gibibyte - 5, access: 'write' });
  end.bytes.write('hello');
  const whole = mapped(file);
  expect(whole.length).toBe(8 * gibibyte);
  expect(whole.read(8 * gibibyte - 6).toString()).toBe('\0hello');
  expect(whole.read(5 * gibibyte, 3).equals(Buffer.alloc(3))).toBe(true);
  expect(whole.residencySync({ offset: 4 * gibibyte, length: 4096 }).pages).toHaveLength(1);
  const beyond = (): memory.Mapping => memory.mapSync(file, { offset: 8 * gibibyte });
  expect(beyond).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }) as Error);
});
