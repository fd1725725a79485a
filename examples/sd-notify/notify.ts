/** What sd_notify(3) does, for services of systemd with `Type=notify`. */

import { unix } from 'posix-ipc';

/**
 * Tells the service manager a state, such as `READY=1`; descriptors go into its store
 * (`FDSTORE=1`). False where there is no manager that listens.
 */
export async function notify(
  state: Record<string, string | number>,
  fds: readonly unix.Passable[] = [],
): Promise<boolean> {
  const name = process.env['NOTIFY_SOCKET'];
  if (name === undefined || !/^[/@]./.test(name)) return false;
  using socket = await unix.Datagram.connect(name.replace(/^@/, '\0'));
  const lines = Object.entries(state).map(([key, value]) => `${key}=${String(value)}`);
  await socket.send(lines.join('\n'), { fds });
  return true;
}
