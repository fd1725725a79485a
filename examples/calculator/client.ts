/** Asks the calculator, all at once, and prints the answers in order: client NAME EXPRESSION... */

import { setTimeout as sleep } from 'node:timers/promises';

import { channel, SystemError } from 'posix-ipc';

/** Waits for the server, and until it has time for this client. */
async function meet(name: string): Promise<channel.Direct> {
  for (;;) {
    try {
      return await channel.direct(name, { timeout: 10_000 });
    } catch (error) {
      if (!(error instanceof SystemError && error.code === 'EBUSY')) throw error;
    }
    await sleep(10);
  }
}

async function main(name: string, expressions: readonly string[]): Promise<void> {
  using server = await meet(name);
  const replies = expressions.map((text) => server.request(text, { timeout: 10_000 }));
  for (const reply of await Promise.allSettled(replies)) {
    if (reply.status === 'fulfilled') {
      console.log(reply.value.toString());
    } else {
      const { code, message } = reply.reason as { code?: string; message: string };
      console.log(`${code ?? 'failed'}: ${message}`);
      process.exitCode = 1;
    }
  }
}

const [, , name = '/calculator', ...expressions] = process.argv;
void main(name, expressions);
