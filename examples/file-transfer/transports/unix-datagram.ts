/**
 * Unix datagram sockets: unix(7), SOCK_DGRAM. Each end has an address, and is connected to the
 * other's: it can wait until there is room there, and takes nothing from anybody else.
 */
import { rm } from 'node:fs/promises';
import { unix } from 'posix-ipc';
import { PacketEnd } from './packet-end';
import { temporaryPath } from './temporary-path';
import type { Transport } from './transport';

/** As c/unix-datagram.c calls it. */
function receiverOf(address: string): string {
  return `${address}.receiver`;
}

async function remove(address: string): Promise<void> {
  await rm(address, { force: true });
  await rm(receiverOf(address), { force: true });
}

export const unixDatagram: Transport = {
  id: 'unix-datagram',
  name: 'Unix datagram socket',
  peers: ['node', 'c'],
  remove,

  async create() {
    const address = temporaryPath();
    const socket = await unix.Datagram.create(address);
    return {
      address,
      inherited: [],
      async accept(signal) {
        await socket.receive({ signal }); // an empty message: the receiver is there
        await socket.connect(receiverOf(address));
        // Both ends are connected now: without names nothing is left, even if both are killed.
        await remove(address);
        return new PacketEnd(socket);
      },
      close() {
        socket.close();
      },
    };
  },

  async open(address, signal) {
    const socket = await unix.Datagram.create(receiverOf(address));
    await socket.connect(address);
    await socket.send('', { signal });
    return new PacketEnd(socket);
  },
};
