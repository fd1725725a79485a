/** Listening sockets that children get: Node and bash take O_NONBLOCK away from what becomes their standard input. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { abstractName } from '../support/sockets';

/** What a program of its own writes: one that blocks its event loop is killed. */
async function outputOf(text: string): Promise<string> {
  const limits = { timeout: 60_000, killSignal: 'SIGKILL' } as const;
  const { stdout } = await promisify(execFile)(process.execPath, ['--eval', text], limits);
  return stdout;
}

test.each([
  ['StreamServer', 'Stream'],
  ['SeqPacketServer', 'SeqPacket'],
])(
  'a %s that is a standard input elsewhere does not block the event loop',
  async (server, client) => {
    const text = `
    const { unix } = require('posix-ipc');
    const { spawn } = require('node:child_process');
    const address = ${JSON.stringify(abstractName())};
    const server = unix.${server}.createSync(address);
    const child = spawn('sleep', ['100'], { stdio: [server.fd, 'ignore', 'inherit'] });
    console.log(server.tryAccept());
    const late = server.accept({ timeout: 1 }).catch((error) => console.log(error.code));
    late.then(async () => {
      const [accepted, connected] = await Promise.all([server.accept(), unix.${client}.connect(address)]);
      await connected.send('hello');
      console.log(String((await accepted.receive()).data));
      child.kill();
    });`;
    expect(await outputOf(text)).toBe('undefined\nETIMEDOUT\nhello\n');
  },
);
