import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { asleep } from '../../bench/core/asleep';

/** Runs for this many milliseconds of CPU time, says so, and sleeps. */
const AWAKE_BEFORE = 300;

/** A process of its own: what the test's does meanwhile, of compiling and of collecting, is nobody's to say. */
async function seen(program: string): Promise<number> {
  const other = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(other.stdout, 'data');
    return await asleep(other.pid);
  } finally {
    other.kill('SIGKILL');
  }
}

test('what a thread of it does meanwhile is seen', async () => {
  const busy = `new (require('node:worker_threads').Worker)('for (;;);', { eval: true }); console.log('up');`;
  expect(await seen(busy)).toBeGreaterThan(5);
});

test('what it did before is not', async () => {
  const rested = `
    while (process.cpuUsage().user < ${String(AWAKE_BEFORE * 1000)});
    console.log('up');
    setInterval(() => {}, 1e6);`;
  const percent = await seen(rested);
  expect(percent).toBeGreaterThanOrEqual(0);
  expect(percent).toBeLessThan(AWAKE_BEFORE / 20);
});

test('its own, where none is named', async () => {
  expect(await asleep()).toBeGreaterThanOrEqual(0);
});

test('a process that is not there is NaN', async () => {
  expect(await asleep(2 ** 22 + 1)).toBeNaN();
});
