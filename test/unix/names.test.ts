/** The public names of unix. */

import * as posixIpc from 'posix-ipc';

import { chainOf, membersOf, printed } from '../support/members';

test('unix exports these names', () => {
  expect(Object.keys(posixIpc.unix).sort()).toEqual(
    [
      ['Datagram', 'ReceivedDescriptor', 'SeqPacket', 'SeqPacketServer', 'Stream'],
      ['StreamServer', 'autobind', 'socketpair', 'socketpairSync'],
    ].flat(),
  );
});

const ofDescriptors = ['close', 'closed', 'detach', 'fd', 'ref', 'unref'];
const ofSockets = [
  ...[...ofDescriptors, 'address', 'messages', 'peerAddress', 'peerCredentials', 'peerPidfd'],
  ...['receive', 'receiveBuffer', 'receiveInto', 'receiveIntoSync', 'receiveSync', 'send'],
  ...['sendBuffer', 'sendSync', 'shutdown', 'shutdownSync', 'tryReceive', 'tryReceiveInto'],
  'trySend',
];
const ofServers = [
  ...[...ofDescriptors, 'accept', 'acceptSync', 'address', 'connections', 'tryAccept'],
  ...['unlink', 'unlinkSync'],
];

test('sockets and servers have these members', () => {
  const { Datagram, SeqPacket, SeqPacketServer, Stream, StreamServer } = posixIpc.unix;
  const connected = ['connect', 'connectSync', 'fromFd', 'fromFdSync'];
  const bound = ['create', 'createSync', 'fromFd', 'fromFdSync', 'openOrCreate'];
  expect(membersOf(Datagram)).toEqual(
    [...new Set([...bound, ...connected, 'openOrCreateSync'])].sort(),
  );
  expect(membersOf(Datagram.prototype)).toEqual(
    [
      ...[...ofSockets, 'connect', 'connectSync', 'disconnect', 'sendTo', 'sendToSync'],
      ...['trySendTo', 'unlink', 'unlinkSync'],
    ].sort(),
  );
  for (const socket of [SeqPacket, Stream]) {
    expect(membersOf(socket)).toEqual(connected);
    expect(membersOf(socket.prototype)).toEqual([...ofSockets].sort());
  }
  for (const server of [SeqPacketServer, StreamServer]) {
    expect(membersOf(server)).toEqual([...bound, 'openOrCreateSync']);
    expect(membersOf(server.prototype)).toEqual([...ofServers].sort());
  }
  for (const one of [Datagram, SeqPacket, Stream, SeqPacketServer, StreamServer]) {
    expect(new Set(chainOf(one.prototype).flatMap(Object.getOwnPropertySymbols))).toEqual(
      new Set([Symbol.asyncIterator, Symbol.dispose, Symbol.asyncDispose, printed]),
    );
  }
});

test('ReceivedDescriptor has these members', () => {
  expect(membersOf(posixIpc.unix.ReceivedDescriptor)).toEqual([]);
  expect(membersOf(posixIpc.unix.ReceivedDescriptor.prototype)).toEqual([
    ...['close', 'closed', 'detach', 'fd'],
  ]);
});
