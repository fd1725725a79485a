/** Mutual exclusion: a plain counter that eight processes, two of them C, add to, one at a time. */

import { readFileSync } from 'node:fs';

import { temporaryFile } from '../support/files';
import { startC, startNode } from '../support/processes';
import { temporarySemaphore } from '../support/semaphores';
import { soon } from '../support/wait-until';

const patience = 240_000;
jest.setTimeout(patience);

test('8 processes x 100,000 increments under a semaphore are 800,000', async () => {
  const file = temporaryFile(Buffer.alloc(4096));
  const { name } = temporarySemaphore(1);
  const forms = ['sync', 'sync', 'try', 'try', 'promise', 'promise'];
  const peers = forms.map((form) => startNode('increment', [file, name, form, '100000']));
  for (let i = 0; i < 2; i++) {
    peers.push(await startC('increment-peer', [file, name, '100000']));
  }
  for (const peer of peers) {
    expect(await soon('the increments', peer.ended, patience)).toMatchObject({
      code: 0,
      stderr: '',
    });
  }
  expect(readFileSync(file).readInt32LE()).toBe(800_000);
});
