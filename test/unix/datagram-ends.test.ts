/** unix.Datagram: waits for what poll(2) calls ready, and that is not; the end of the last wait for an address. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import { unix } from 'posix-ipc';

import { descriptorsSince } from '../support/descriptors';
import { codeOfRejection, codeThrownBy } from '../support/outcome';
import { abstractName, closing, socketPath } from '../support/sockets';
import { soon } from '../support/wait-until';

const { Datagram } = unix;

test('as many datagrams wait with a receiver as net.unix.max_dgram_qlen says, and one more', () => {
  const most = Number(readFileSync('/proc/sys/net/unix/max_dgram_qlen', 'utf8'));
  const receiver = closing(Datagram.createSync(abstractName()));
  const send = (): boolean => {
    using sender = Datagram.connectSync(receiver.address ?? ''); // each has a buffer of its own
    return sender.trySend('');
  };
  for (let i = 0; i <= most; i++) expect(send()).toBe(true);
  expect(send()).toBe(false);
});

describe('what is told to be ready and is not', () => {
  test('after shutdown of its reading side a datagram socket has reached the end', async () => {
    const socket = closing(Datagram.createSync(abstractName()));
    const pending = socket.receive();
    socket.shutdownSync('read');
    expect(await soon('the pending receive', pending)).toBeNull();
    expect(socket.receiveSync({ timeout: 20_000 })).toBeNull();
    expect(socket.tryReceive()).toBeNull();
    expect(socket.tryReceiveInto(Buffer.alloc(1))).toBeNull();
  });

  test.each(['receive', 'receiveInto', 'receiveSync'])(
    '%s: so it has where somebody else who shares it has shut it down',
    async (form) => {
      const other = closing(Datagram.createSync(abstractName()));
      const socket = closing(Datagram.fromFdSync(other.fd, { own: false }));
      const memory = Buffer.alloc(8);
      const pending = form === 'receive' ? socket.receive() : socket.receiveInto(memory);
      other.sendToSync(other.address as string, 'last');
      expect(await pending).not.toBeNull();
      other.shutdownSync('read');
      const limits = { timeout: 20_000 };
      if (form === 'receive') expect(await socket.receive(limits)).toBeNull();
      else if (form === 'receiveInto') expect(await socket.receiveInto(memory, limits)).toBeNull();
      else expect(socket.receiveSync(limits)).toBeNull();
      expect(socket.tryReceive()).toBeNull();
      expect(socket.tryReceive()).toBeNull();
    },
  );

  test('sendToSync ends in time where another socket has the address by now', async () => {
    const file = socketPath();
    const first = Datagram.createSync(file);
    const [sender, other] = [closing(Datagram.createSync()), closing(Datagram.createSync())];
    while (sender.trySendTo(file, 'm'));
    const pending = codeOfRejection(sender.sendTo(file, 'waits', { timeout: 200 }));
    first.close();
    first.unlinkSync();
    const second = closing(Datagram.createSync(file));
    while (other.trySendTo(file, 'm'));
    const late = (): void => {
      sender.sendToSync(file, 'x', { timeout: 100 });
    };
    expect(codeThrownBy(late)).toBe('ETIMEDOUT');
    expect(await pending).toBe('ETIMEDOUT');
    second.unlinkSync();
  });
});

describe('nobody waits for an address any more', () => {
  test('a send that fails at once leaves nothing behind', async () => {
    const [receiver, sender] = [
      closing(Datagram.createSync(abstractName())),
      closing(Datagram.createSync()),
    ];
    const to = receiver.address as string;
    const opened = descriptorsSince();
    while (sender.trySendTo(to, 'm'));
    expect(await codeOfRejection(sender.sendTo(to, 'x', { timeout: 0 }))).toBe('ETIMEDOUT');
    expect(opened()).toEqual([]);
    receiver.receiveSync();
    expect(sender.trySendTo(to, 'there is room')).toBe(true);
  });

  test('sendToSync has served them, and has to wait itself', async () => {
    const [receiver, sender] = [
      closing(Datagram.createSync(abstractName())),
      closing(Datagram.createSync()),
    ];
    const to = receiver.address as string;
    while (sender.trySendTo(to, 'm'));
    const pending = sender.sendTo(to, 'waits');
    // The first makes room for who waits, the second for the Sync form.
    const program = `
      const { unix } = require('posix-ipc');
      const { parentPort, workerData } = require('node:worker_threads');
      const receiver = unix.Datagram.fromFdSync(workerData, { own: false });
      parentPort.postMessage('ready');
      for (const wait of [100, 300]) setTimeout(() => receiver.receiveSync(), wait);`;
    const worker = new Worker(program, { eval: true, workerData: receiver.fd });
    await soon('the worker', once(worker, 'message'));
    sender.sendToSync(to, 'sync', { timeout: 20_000 });
    await soon('the pending send', pending);
    await soon('its end', once(worker, 'exit'));
    const texts: string[] = [];
    for (let one = receiver.tryReceive(); one; one = receiver.tryReceive()) {
      texts.push(one.data.toString());
    }
    expect(texts.slice(-2)).toEqual(['waits', 'sync']);
  });
});

function bound(): unix.Datagram {
  return closing(unix.Datagram.createSync(abstractName()));
}

test('what has arrived stays when it is connected, and goes with that peer', async () => {
  const client = bound();
  const [one, other] = [bound(), bound()];
  const to = client.address as string;
  const left = (): string | undefined => client.tryReceive()?.data.toString();
  await other.sendTo(to, 'before');
  for (let i = 0; i < 2; i++) await client.connect(one.address as string); // again: nothing changes
  expect(left()).toBe('before');
  await one.sendTo(to, 'x');
  await client.connect(other.address as string);
  expect(left()).toBeUndefined();
  await other.sendTo(to, 'x');
  client.disconnect();
  expect(left()).toBeUndefined();
  await client.connect(other.address as string);
  await other.sendTo(to, 'x');
  other.close();
  expect(await codeOfRejection(client.send('x'))).toBe('ECONNREFUSED');
  expect(left()).toBeUndefined();
});
