/** Credentials with messages. */

import { unix } from 'posix-ipc';
import { setsockopt, SO_PASSCRED, SOL_SOCKET } from 'posix-ipc/syscalls';

import { untilBlockedIn } from '../support/blocked';
import { descriptorsSince } from '../support/descriptors';
import { codeOfRejection, codeThrownBy, thrownBy } from '../support/outcome';
import { abstractName, closing, closingBoth } from '../support/sockets';
import { soon } from '../support/wait-until';

type AnySocket = unix.Datagram | unix.SeqPacket | unix.Stream;
const types = ['datagram', 'seqpacket', 'stream'] as const;
const self = { pid: process.pid, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

/** Since Linux 6.5. */
const SO_PASSPIDFD = 76;

function hasPidfds(fd: number): boolean {
  try {
    setsockopt(fd, SOL_SOCKET, SO_PASSPIDFD, 1);
    return true;
  } catch {
    return false;
  }
}

describe.each(types)('%s', (type) => {
  const pairOf = (options: unix.SocketOptions): [AnySocket, AnySocket] =>
    closingBoth<AnySocket>(unix.socketpairSync(type, options));

  test('who asks for them has them with each message, whether they were sent or not', async () => {
    const [one, other] = pairOf({ credentials: true });
    for (const credentials of [undefined, true, self] as const) {
      await one.send('x', { credentials });
      expect((await other.receive())?.credentials).toEqual(self);
    }
    await one.send('y', { credentials: true, fds: [0] });
    expect(other.tryReceive()).toMatchObject({ credentials: self, fds: [] });
  });

  test('who does not ask has none', () => {
    const [one, other] = pairOf({});
    one.sendSync('x', { credentials: true });
    expect(other.tryReceive()).toMatchObject({ credentials: undefined, fdsError: undefined });
  });

  test('who shares the socket asks for them, and for pidfds: no descriptor is lost by that', () => {
    const [one, other] = pairOf({});
    setsockopt(other.fd, SOL_SOCKET, SO_PASSCRED, 1);
    const opened = descriptorsSince();
    one.sendSync('x');
    expect(other.receiveSync()).toMatchObject({ credentials: undefined, fdsError: undefined });
    if (hasPidfds(other.fd)) {
      one.sendSync('y', { credentials: true });
      expect(other.receiveSync()).toMatchObject({ credentials: undefined, fdsError: undefined });
    }
    expect(opened()).toEqual([]);
  });

  test('with descriptors', () => {
    const [one, other] = pairOf({ credentials: true, fds: 3 });
    one.sendSync('x', { credentials: true, fds: [0, 0, 0] });
    const message = other.receiveSync();
    expect(message).toMatchObject({ credentials: self, fdsError: undefined });
    expect(message?.fds).toHaveLength(3);
    for (const fd of message?.fds ?? []) fd.close();
  });

  test('what they must be', async () => {
    const [one] = pairOf({});
    for (const credentials of [{}, { pid: '1', uid: 0, gid: 0 }, 1, null, false]) {
      const sending = one.send('x', { credentials: credentials as never }) as Promise<unknown>;
      expect(await codeOfRejection(sending)).toBe('ERR_INVALID_ARG_TYPE');
    }
    const tooMuch = { ...self, uid: 2 ** 32 };
    expect(codeThrownBy(() => one.trySend('x', { credentials: tooMuch }))).toBe('ERR_OUT_OF_RANGE');
  });

  const testIf = self.uid === 0 ? test : test.skip;
  testIf('a privileged process may name another user', () => {
    const [one, other] = pairOf({ credentials: true });
    const other_one = { pid: process.ppid, uid: 65_533, gid: 2 ** 32 - 2 };
    one.sendSync('x', { credentials: other_one });
    expect(other.receiveSync()?.credentials).toEqual(other_one);
  });
});

test('a process that does not exist', () => {
  const [one] = closingBoth(unix.socketpairSync('datagram'));
  const credentials = { pid: 2 ** 22 + 1, uid: self.uid, gid: self.gid };
  expect(thrownBy(() => one.trySend('x', { credentials })).message).toMatch(
    /^(ESRCH: .* \(no process has the pid|EPERM: .* \(credentials of others take CAP_SYS_ADMIN)/,
  );
});

test('a server gives them to the sockets that it accepts, for what was sent before too', async () => {
  const server = closing(unix.SeqPacketServer.createSync(abstractName(), { credentials: true }));
  const client = closing(await unix.SeqPacket.connect(server.address as string));
  await client.send('before accept');
  const accepted = closing(await server.accept());
  expect((await accepted.receive())?.credentials).toEqual(self);
  await client.send('after');
  expect((await accepted.receive())?.credentials).toEqual(self);
});

test('who connects has them with what the server sends at once, before the connect is told', async () => {
  const server = closing(unix.SeqPacketServer.createSync(abstractName(), { backlog: 0 }));
  const address = server.address as string;
  closing(unix.SeqPacket.connectSync(address)); // the backlog is full
  const connecting = unix.SeqPacket.connect(address, { credentials: true });
  await untilBlockedIn('connect', process.pid);
  closing(server.acceptSync());
  const accepted = closing(server.acceptSync({ timeout: 20_000 })); // this thread has heard nothing yet
  accepted.sendSync('first');
  const client = closing(await soon('the connection', connecting));
  expect(client.receiveSync({ timeout: 0 })?.credentials).toEqual(self);
  const other = closing(unix.SeqPacket.connectSync(address, { credentials: true }));
  closing(server.acceptSync()).sendSync('second');
  expect(other.receiveSync({ timeout: 0 })?.credentials).toEqual(self);
});

test('a socket that was asked for them before it came to us', () => {
  const [one, other] = unix.socketpairSync('datagram', { credentials: true });
  closing(one);
  const again = closing(unix.Datagram.fromFdSync(other.detach()));
  one.sendSync('x');
  expect(again.receiveSync()).toMatchObject({ credentials: self, fdsError: undefined });
});
