/**
 * What a syslog daemon does: prints what programs log, and which process has sent it, as the kernel
 * vouches: daemon [SOCKET].
 */

import { unix } from 'posix-ipc';

import { run } from '../support/program';
import { parse } from './message';

run('daemon', async (interrupted) => {
  const path = process.argv[2] ?? '/dev/log';
  // Everybody may log. The file of a daemon that was killed is replaced, that of a live one is not.
  const socket = await unix.Datagram.openOrCreate(path, { mode: 0o666, credentials: true });
  interrupted.addEventListener('abort', () => {
    socket.close();
  });
  console.log('ready');
  for await (const { data, credentials } of socket) {
    const { severity, text } = parse(data.toString());
    console.log(`${severity} pid=${String(credentials?.pid)} ${text}`);
  }
  await socket.unlink();
  return 0;
});
