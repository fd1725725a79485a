/** What errors of sockets say: whom it was about, and what may be wrong. */

import { unix } from 'posix-ipc';

import { rejectionOf, thrownBy } from '../support/outcome';
import { closing, closingBoth, socketPath } from '../support/sockets';

const { Datagram, SeqPacket, SeqPacketServer, Stream, StreamServer } = unix;

const connecting = [
  ['SeqPacket', SeqPacketServer, SeqPacket],
  ['Stream', StreamServer, Stream],
] as const;

describe.each(connecting)('%s', (_name, Server, Client) => {
  const forms = [
    ['connect', (file: string) => Client.connect(file)],
    ['connectSync', (file: string) => Promise.resolve(Client.connectSync(file))],
  ] as const;

  test.each(forms)('%s: errors of the socket name whom it is connected to', async (_form, open) => {
    const file = socketPath();
    const server = closing(Server.createSync(file));
    const client = closing(await open(file));
    const late = await rejectionOf(client.receive({ timeout: 1 }));
    expect(late.message).toBe(`ETIMEDOUT: timed out, recvmsg '${file}'`);
    server.acceptSync().close();
    const sending: Promise<unknown> = client.send('x');
    expect(await rejectionOf(sending)).toMatchObject({
      ...{ code: 'EPIPE', syscall: 'sendmsg', path: file },
    });
  });

  test('nobody is there, or one of another type', async () => {
    const [stale, other] = [socketPath(), socketPath()];
    Server.createSync(stale).close();
    closing(Datagram.createSync(other));
    const refused = (await rejectionOf(Client.connect(stale))).message;
    expect(refused).toBe(
      `ECONNREFUSED: connection refused, connect '${stale}' ` +
        '(no process has a socket bound there: one that has ended leaves its file)',
    );
    expect(thrownBy(() => Client.connectSync(stale)).message).toBe(refused);
    const mixed = await rejectionOf(Client.connect(other));
    expect(mixed.message).toMatch('(the socket there is of another type: datagram, seqpacket and');
  });

  test('a server that does not accept', async () => {
    const file = socketPath();
    closing(Server.createSync(file, { backlog: 0 }));
    closing(Client.connectSync(file));
    const late = (await rejectionOf(Client.connect(file, { timeout: 1 }))).message;
    expect(late).toBe(
      `ETIMEDOUT: timed out, connect '${file}' (it listens, but does not accept: its backlog is full)`,
    );
    expect(thrownBy(() => Client.connectSync(file, { timeout: 1 })).message).toBe(late);
  });

  test('an address that is taken: how to replace what nobody uses', () => {
    const file = socketPath();
    Server.createSync(file).close();
    const taken = thrownBy(() => Server.createSync(file)).message;
    expect(taken).toMatch('(something has that name; openOrCreate replaces a socket file that');
  });
});

test('Datagram: errors name whom it is connected to, now', async () => {
  const [first, second] = [socketPath(), socketPath()];
  const servers = [Datagram.createSync(first), Datagram.createSync(second)];
  const client = closing(Datagram.connectSync(first));
  servers[0]?.close();
  const refused = await rejectionOf(client.send('x'));
  expect(refused).toMatchObject({ code: 'ECONNREFUSED', syscall: 'sendmsg', path: first });
  expect(refused.message).toMatch('(no process has a socket bound there');
  client.connectSync(second);
  servers[1]?.close();
  expect(await rejectionOf(client.send('x'))).toMatchObject({ path: second });
  client.disconnect();
  const alone = await rejectionOf(client.send('x'));
  expect(alone).toMatchObject({ code: 'ENOTCONN' });
  expect(alone.message).toMatch('(it has no peer; a datagram socket has connect(), and sendTo())');
  expect(thrownBy(() => client.trySend('x'))).not.toHaveProperty('path');
});

test('a peer without an address', () => {
  const [one, other] = closingBoth(unix.socketpairSync('datagram'));
  other.close();
  expect(thrownBy(() => one.trySend('x')).message).toMatch('sendmsg (the peer has closed)');
});

test('zero bytes of an abstract name are shown as the kernel shows them', () => {
  closing(Datagram.createSync('\0posix-ipc\0errors'));
  const error = thrownBy(() => Datagram.createSync('\0posix-ipc\0errors'));
  expect(error).toMatchObject({ code: 'EADDRINUSE', path: '@posix-ipc@errors' });
  expect(error.message).toMatch('(another socket has that name)');
});
