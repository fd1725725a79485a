/** What children get as their standard input: Node and bash take O_NONBLOCK away from that, for all who share it. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What a program of its own writes: one that blocks its event loop is killed. */
async function outputOf(text: string): Promise<string> {
  const program = `
    const { event } = require('posix-ipc');
    const { spawn } = require('node:child_process');
    const children = [];
    const give = ({ fd }) => children.push(spawn('sleep', ['100'], { stdio: [fd, 'ignore', 'inherit'] }));
    const told = (promise) => promise.then(console.log, (error) => console.log(error.code));
    ${text}
    main().finally(() => children.forEach((child) => child.kill()));`;
  const limits = { timeout: 60_000, killSignal: 'SIGKILL' } as const;
  const { stdout } = await promisify(execFile)(process.execPath, ['--eval', program], limits);
  return stdout;
}

test('an eventfd that is a standard input elsewhere does not block the event loop', async () => {
  const text = `
    async function main() {
      const bell = event.EventFd.createSync();
      give(bell);
      console.log(bell.tryRead());
      await told(bell.read({ timeout: 1 }));
      const read = told(bell.read());
      bell.writeSync(2n ** 64n - 2n);
      await read;
      bell.writeSync(2n ** 64n - 2n);
      give(bell);
      console.log(bell.tryWrite(2n ** 64n - 2n));
      await told(bell.write(2n ** 64n - 2n, { timeout: 1 }));
    }`;
  const full = String(2n ** 64n - 2n);
  expect(await outputOf(text)).toBe(`undefined\nETIMEDOUT\n${full}n\nfalse\nETIMEDOUT\n`);
});

test('a signal queue that is a standard input elsewhere does not block the event loop', async () => {
  const text = `
    async function main() {
      const signals = event.SignalQueue.openSync(event.SIGRTMIN + 1);
      give(signals);
      console.log(signals.tryReceive());
      await told(signals.receive({ timeout: 1 }));
      event.sigqueue(process.pid, event.SIGRTMIN + 1, 42);
      await told(signals.receive().then(({ value }) => value));
    }`;
  expect(await outputOf(text)).toBe('undefined\nETIMEDOUT\n42\n');
});
