/** Asks the calculator, all at once, and prints the answers in order: client NAME EXPRESSION... */

import { channel, lock, posix } from 'posix-ipc';

import { run, UsageError } from '../support/program';
import { patience, pidFileOf } from './protocol';

/** Tells the server who calls, and meets it. */
async function call(name: string, signal: AbortSignal): Promise<channel.Direct> {
  const pid = await lock.PidFile.holder(pidFileOf(name));
  if (pid === undefined) throw new Error(`there is no server at '${name}'`);
  using callers = await posix.MessageQueue.open(name, { access: 'send' });
  await callers.send(String(process.pid), { timeout: patience, signal });
  return await channel.direct(pid, { timeout: patience, signal });
}

run('client', async (interrupted) => {
  const [, , name, ...expressions] = process.argv;
  if (name === undefined || expressions.length === 0) {
    throw new UsageError('usage: client NAME EXPRESSION...');
  }
  using server = await call(name, interrupted);
  const limits = { timeout: patience, signal: interrupted };
  const replies = expressions.map((text) => server.request(text, limits));
  let exitCode = 0;
  for (const reply of await Promise.allSettled(replies)) {
    if (reply.status === 'fulfilled') {
      console.log(reply.value.toString());
    } else {
      const { code, message } = reply.reason as { code?: string; message: string };
      console.log(`${code ?? 'failed'}: ${message}`);
      exitCode = 1;
    }
  }
  return exitCode;
});
