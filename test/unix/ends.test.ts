/** Waits that end with their process or worker. */

import { Worker } from 'node:worker_threads';

import { descriptorsSince } from '../support/descriptors';
import { startNode } from '../support/processes';
import { soon, waitUntil } from '../support/wait-until';

test.each(['exit', 'unref'])('%s: a process with all kinds of waits ends', async (how) => {
  const peer = startNode('socket-waits', [how]);
  expect(await peer.line()).toBe('waiting');
  expect(await soon('its end', peer.ended)).toMatchObject({
    code: how === 'exit' ? 7 : 0,
    signal: null,
  });
});

test('waits keep a process alive', async () => {
  const peer = startNode('socket-waits', ['stay']);
  expect(await peer.line()).toBe('waiting');
  expect(await peer.line()).toBe('still here');
  peer.kill('SIGTERM');
  expect(await soon('its end', peer.ended)).toMatchObject({ signal: 'SIGTERM' });
});

test('a worker that ends closes its sockets and received descriptors, and ends its waits', async () => {
  const text = `
    const { unix } = require('posix-ipc');
    const { parentPort } = require('node:worker_threads');
    const [one, other] = unix.socketpairSync('seqpacket', { fds: 10 });
    one.sendSync('x', { fds: [0, 1, 2] });
    globalThis.received = other.receiveSync();
    while (one.trySend(Buffer.alloc(50000)));
    one.send('waits');
    one.receive();
    const server = unix.SeqPacketServer.createSync(unix.autobind, { backlog: 0 });
    const first = unix.SeqPacket.connectSync(server.address);
    unix.SeqPacket.connect(server.address);
    const full = unix.Datagram.createSync(unix.autobind);
    const sender = unix.Datagram.createSync();
    while (sender.trySendTo(full.address, 'x'));
    sender.sendTo(full.address, 'waits');
    unix.StreamServer.createSync(unix.autobind).accept();
    globalThis.kept = [one, other, server, first, full, sender];
    parentPort.postMessage('waiting');`;
  const opened = descriptorsSince();
  for (let i = 0; i < 3; i++) {
    const worker = new Worker(text, { eval: true });
    await soon('the worker', new Promise((resolve) => worker.once('message', resolve)));
    expect(await soon('its end', worker.terminate())).toBe(1);
  }
  await waitUntil('all is closed', () => opened().length === 0);
  expect(opened()).toEqual([]);
});
