/** Unix sockets: messages and bytes between processes of one machine, and descriptors with them. */

export { autobind, type Address } from './address';
export { Datagram } from './datagram';
export type { Credentials, Extras } from './envelope';
export { socketpair, socketpairSync, type SocketTypes } from './pair';
export { ReceivedDescriptor } from './received-descriptor';
export type { Message, MessageInto } from './receiving';
export { SeqPacket } from './seqpacket';
export { SeqPacketServer } from './seqpacket-server';
export type {
  BindOptions,
  ConnectOptions,
  ConnectSyncOptions,
  EnclosureOptions,
  Passable,
  SendOptions,
  SendSyncOptions,
  ServerOptions,
  SocketOptions,
} from './socket-options';
export { Stream } from './stream';
export { StreamServer } from './stream-server';
