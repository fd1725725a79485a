/** What comes while the first open of a signal makes every thread block it, and what it needs for that. */

import { execFileSync } from 'node:child_process';

import { event } from 'posix-ipc';

import { startC, startNode } from '../support/processes';

const signal = event.SIGRTMIN + 4;
const count = 300;

test('what kill(2) has sent meanwhile is not lost, whichever thread it went to', async () => {
  const opener = startNode('signal-first-open', [signal, 6].map(String));
  expect(await opener.json()).toBe('ready');
  const storm = await startC('signal-storm', [opener.pid, signal, count].map(String));
  expect(await storm.line()).toBe('watching');
  opener.tell('open');
  expect(await opener.json()).toBe('open');
  await storm.success();
  opener.tell('count');
  expect(await opener.json()).toEqual({ kill: count });
});

test('where the kernel queues no more signals, it is told at once, and why', async () => {
  const opener = startNode('signal-first-open', [signal, 0].map(String));
  expect(await opener.json()).toBe('ready');
  execFileSync('prlimit', ['--sigpending=0', '--pid', String(opener.pid)]);
  opener.tell('open');
  const answer = (await opener.json()) as { code: string; message: string };
  expect(answer.code).toBe('EAGAIN');
  expect(answer.message).toContain('RLIMIT_SIGPENDING');
});
