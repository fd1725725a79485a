/** A Unix socket of sequenced packets: unix(7), SOCK_SEQPACKET. The sender listens. */
import { rm } from 'node:fs/promises';
import { unix } from 'posix-ipc';
import { offerConnection } from './connection';
import { PacketEnd } from './packet-end';
import { temporaryPath } from './temporary-path';
import type { Transport } from './transport';

export const unixSeqPacket: Transport = {
  id: 'unix-seqpacket',
  name: 'Unix seqpacket socket',
  peers: ['node', 'c'],

  async create() {
    const address = temporaryPath();
    const server = await unix.SeqPacketServer.create(address);
    return offerConnection(address, server, (socket) => new PacketEnd(socket));
  },

  async open(address, signal) {
    const socket = await unix.SeqPacket.connect(address, { signal });
    // Both ends have the connection now: nobody else needs the name.
    await rm(address, { force: true });
    return new PacketEnd(socket);
  },

  remove: (address) => rm(address, { force: true }),
};
