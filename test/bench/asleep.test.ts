import { Worker } from 'node:worker_threads';
import { asleep } from '../../bench/core/asleep';

test('what another thread does meanwhile is seen', async () => {
  const busy = new Worker('for (;;);', { eval: true });
  try {
    expect(await asleep()).toBeGreaterThan(5);
  } finally {
    await busy.terminate();
  }
});

test('what was done before and after is not', async () => {
  const before = process.cpuUsage();
  const seen = asleep();
  while (process.cpuUsage(before).user < 100_000); // while the one that looks is settling
  const { user, system } = process.cpuUsage(before);
  const microseconds = (await seen) * 1e4;
  expect(microseconds).toBeGreaterThanOrEqual(0);
  expect(microseconds).toBeLessThan(user + system);
});
