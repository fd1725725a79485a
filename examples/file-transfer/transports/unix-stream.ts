/** A Unix stream socket: unix(7), SOCK_STREAM. The sender listens. */
import { rm } from 'node:fs/promises';
import { unix } from 'posix-ipc';
import { ByteStreamEnd } from './byte-stream-end';
import { offerConnection } from './connection';
import { temporaryPath } from './temporary-path';
import type { Transport } from './transport';

function endOf(socket: unix.Stream): ByteStreamEnd {
  return new ByteStreamEnd({
    read: async (memory, limits) => (await socket.receiveInto(memory, limits))?.length ?? 0,
    write: (data, limits) => socket.send(data, limits),
    close() {
      socket.close();
    },
  });
}

export const unixStream: Transport = {
  id: 'unix-stream',
  name: 'Unix stream socket',
  peers: ['node', 'c'],

  async create() {
    const address = temporaryPath();
    return offerConnection(address, await unix.StreamServer.create(address), endOf);
  },

  async open(address, signal) {
    const socket = await unix.Stream.connect(address, { signal });
    // Both ends have the connection now: nobody else needs the name.
    await rm(address, { force: true });
    return endOf(socket);
  },

  remove: (address) => rm(address, { force: true }),
};
