/**
 * What a syslog daemon does: prints what programs log, and which process has sent it, as the kernel
 * vouches: daemon [SOCKET].
 */

import { unix } from 'posix-ipc';

import { parse } from './message';

async function main(path: string): Promise<void> {
  // Everybody may log. The file of a daemon that was killed is replaced, that of a live one is not.
  const socket = await unix.Datagram.openOrCreate(path, { mode: 0o666, credentials: true });
  process.once('SIGTERM', () => {
    socket.close();
  });
  console.log('ready');
  for await (const { data, credentials } of socket) {
    const { severity, text } = parse(data.toString());
    console.log(`${severity} pid=${String(credentials?.pid)} ${text}`);
  }
  await socket.unlink();
}

void main(process.argv[2] ?? '/dev/log');
