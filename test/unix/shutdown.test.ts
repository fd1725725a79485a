/** Sends that wait, and what their own side, or the peer, does meanwhile. */

import { unix } from 'posix-ipc';

import { codeOfRejection } from '../support/outcome';
import { abstractName, closing, closingBoth } from '../support/sockets';
import { soon } from '../support/wait-until';

const types = ['stream', 'seqpacket', 'datagram'] as const;

describe.each(types)('%s', (type) => {
  test.each(['write', 'both'] as const)('shutdown(%p) ends them', async (how) => {
    const [one] = closingBoth<unix.Stream | unix.SeqPacket | unix.Datagram>(
      unix.socketpairSync(type),
    );
    while (one.trySend(Buffer.alloc(4096)));
    const outcomes = [one.send('first'), one.send('second')].map(codeOfRejection);
    await one.shutdown(how);
    expect(await soon('the sends', Promise.all(outcomes))).toEqual(['EPIPE', 'EPIPE']);
  });

  test('shutdown of the reading side leaves them', async () => {
    const [one, other] = closingBoth<unix.Stream | unix.SeqPacket | unix.Datagram>(
      unix.socketpairSync(type),
    );
    while (one.trySend(Buffer.alloc(4096)));
    const sent: Promise<unknown> = one.send('last');
    await one.shutdown('read');
    let last = '';
    while (!last.endsWith('last')) last = String((await soon('one', other.receive()))?.data);
    expect(await soon('the send', sent)).toBe(type === 'stream' ? 4 : undefined);
  });
});

test('a stream tells how much it had sent', async () => {
  const [one] = closingBoth(unix.socketpairSync('stream'));
  const sending = one.send(Buffer.alloc(2 ** 24));
  await one.shutdown('write');
  const sent = await soon('the send', sending);
  expect(sent).toBeGreaterThan(0);
  expect(sent).toBeLessThan(2 ** 24);
});

test('datagrams to an address', async () => {
  const receiver = closing(unix.Datagram.createSync(abstractName()));
  const sender = closing(unix.Datagram.createSync());
  const to = receiver.address ?? '';
  while (sender.trySendTo(to, 'x'));
  const outcomes = [sender.sendTo(to, 'first'), sender.sendTo(to, 'second')].map(codeOfRejection);
  await sender.shutdown('write');
  expect(await soon('the sends', Promise.all(outcomes))).toEqual(['EPIPE', 'EPIPE']);
});

test('a reset comes before the messages of a seqpacket socket, and loses none', async () => {
  const [one, other] = closingBoth(unix.socketpairSync('seqpacket'));
  await one.send('never read');
  for (const text of ['1', '2']) await other.send(text);
  other.close();
  expect(await codeOfRejection(one.receive())).toBe('ECONNRESET');
  const texts: string[] = [];
  for await (const { data } of one) texts.push(String(data));
  expect(texts).toEqual(['1', '2']);
});

test('a send that waits goes to the peer of that time', async () => {
  const [before, after] = [1, 2].map(() => closing(unix.Datagram.createSync(abstractName()))) as [
    unix.Datagram,
    unix.Datagram,
  ];
  const sender = closing(unix.Datagram.connectSync(before.address ?? ''));
  while (sender.trySend('x'));
  const sent = sender.send('late');
  await sender.connect(after.address ?? '');
  expect(String((await soon('it', after.receive()))?.data)).toBe('late');
  await soon('the send', sent);
});
