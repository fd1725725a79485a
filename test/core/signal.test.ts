/** POSIX_IPC_SIGNAL: which signal gets threads out of their system calls. */

import { startNode } from '../support/processes';
import { temporaryQueue } from '../support/queues';

function start(signal: string): ReturnType<typeof startNode> {
  const env = { ...process.env, POSIX_IPC_SIGNAL: signal };
  return startNode('wake-signal', [String(temporaryQueue().id)], { env });
}

test.each(['abc', '9', '65', '40x', '0', '-1', ' 40', '1e1'])(
  '%p is refused at load',
  async (text) => {
    const { code, stderr } = await start(text).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('The value of "POSIX_IPC_SIGNAL" is out of range');
    expect(stderr).toMatch(/a real-time signal, \d+ to 64\. Received/);
    expect(stderr).toContain(`'${text}'`);
  },
);

test('a real-time signal is taken; nothing is as if nothing was asked', async () => {
  expect(await start('40').json()).toEqual({ code: 'ETIMEDOUT', handled: 40 });
  expect(await start('').json()).toMatchObject({ code: 'ETIMEDOUT', handled: 64 });
});
