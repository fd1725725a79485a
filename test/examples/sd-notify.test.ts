/** examples/sd-notify against a socket as systemd has one: it asks for descriptors and credentials. */

import { fstatSync } from 'node:fs';
import path from 'node:path';

import { unix } from 'posix-ipc';

import { Peer } from '../support/processes';
import { abstractName, closing, socketPath } from '../support/sockets';
import { soon } from '../support/wait-until';

const program = path.resolve(__dirname, '../../dist-programs/examples/sd-notify/service.js');

function startService(socket: string | undefined): Peer {
  const env = { ...process.env, NOTIFY_SOCKET: socket };
  return new Peer(process.execPath, [program], { env });
}

test.each([
  ['a path', socketPath],
  ['an abstract name', abstractName],
])('a service tells its manager at %s', async (_kind, make) => {
  const address = make();
  const manager = closing(unix.Datagram.createSync(address, { credentials: true, fds: 1 }));
  const service = startService(address.replace('\0', '@'));
  const { pid } = service;
  const messages: (unix.Message | null)[] = [];
  while (messages.length < 3) messages.push(await soon('a message', manager.receive()));
  expect(messages.map((message) => message?.data.toString())).toEqual([
    `READY=1\nSTATUS=Serving\nMAINPID=${String(pid)}`,
    'FDSTORE=1\nFDNAME=state',
    'STOPPING=1',
  ]);
  for (const message of messages) expect(message?.credentials?.pid).toBe(pid);
  await service.success();
  const [stored] = messages[1]?.fds ?? [];
  expect(fstatSync(closing(stored as unix.ReceivedDescriptor).fd).size).toBe(4096); // it outlives the service
});

test('there is no manager', async () => {
  expect(await startService(undefined).success()).toBe('');
  expect(await startService('relative').success()).toBe('');
});

test('a manager that is gone is told in a line', async () => {
  const { code, stderr } = await startService(socketPath()).ended;
  expect(stderr).toMatch(/^service: ENOENT.*\n$/);
  expect(code).toBe(1);
});
