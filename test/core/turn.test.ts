import { setImmediate as nextTurn } from 'node:timers/promises';

import * as deadline from '../../lib/core/deadline';
import { countAnswers, countTime, mayAnswerInline, mayTryOn } from '../../lib/core/turn';
import { temporaryQueue } from '../support/queues';

test('so many answers in one turn of the event loop, then a turn', async () => {
  await nextTurn();
  let answers = 0;
  while (mayAnswerInline() && answers < 10_000) answers++;
  expect(answers).toBeGreaterThan(0);
  expect(answers).toBeLessThan(10_000);
  expect(mayAnswerInline()).toBe(false);
  await nextTurn();
  expect(mayAnswerInline()).toBe(true);
});

test('no more answers when the turn has lasted too long', async () => {
  await nextTurn();
  while (mayAnswerInline()); // so that the next one begins a turn
  await nextTurn();
  const now = jest.spyOn(deadline, 'now').mockReturnValue(deadline.now() + 10);
  let answers = 0;
  while (mayAnswerInline() && answers < 10_000) answers++;
  now.mockRestore();
  expect(answers).toBe(64);
});

test('an answer with many things counts as many', async () => {
  await nextTurn();
  expect(mayAnswerInline()).toBe(true);
  countAnswers(10_000);
  expect(mayAnswerInline()).toBe(false);
});

test('so much time for trying on in one turn of the event loop, then a turn', async () => {
  await nextTurn();
  expect(mayTryOn()).toBe(true);
  countTime(0.5);
  expect(mayTryOn()).toBe(true);
  countTime(10);
  expect(mayTryOn()).toBe(false);
  await nextTurn();
  expect(mayTryOn()).toBe(true);
});

test('a loop over receive() on a full queue lets the event loop go round', async () => {
  const queue = temporaryQueue();
  const count = queue.trySendMany(Array.from({ length: 1000 }, () => ''));
  let turns = 0;
  const counting = setInterval(() => turns++, 0);
  const immediate = (): void => {
    turns++;
  };
  setImmediate(immediate);
  for (let i = 0; i < count; i++) await queue.receive();
  clearInterval(counting);
  expect(turns).toBeGreaterThan(0);
});
