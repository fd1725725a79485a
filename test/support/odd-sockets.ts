/** Arguments of the addon's functions for sockets: see fixtures/odd-native-arguments.ts. */

type Call = (name: string, args: unknown[]) => unknown;

const nobody = Buffer.from('\0posix-ipc-odd');

const perilous: Record<string, number[]> = {
  unixAccept: [0],
  unixSetOption: [0],
  accept4Fd: [0],
  bindFd: [0],
  connectFd: [0],
  listenFd: [0],
  shutdownFd: [0],
  sendmsgFd: [0],
  recvmsgFd: [0],
  setsockoptFd: [0],
};

/** One of two connected datagram sockets, by its handle; a message lies in it. */
function datagrams(call: Call): number {
  const handles = new Int32Array(2);
  call('unixPair', [2, handles]);
  const [one, other] = handles;
  call('unixSend', [one, Buffer.from('x')]);
  return other as number;
}

/** What goes with a message: nothing. */
function envelope(): Buffer {
  return Buffer.alloc(2160);
}

/** `good` ones, and which of them must not be replaced by legal numbers. */
export function socketArguments(call: Call): {
  good: Record<string, unknown[]>;
  perilous: Record<string, number[]>;
} {
  const datagram = datagrams(call);
  const slab = call('registerSlab', [Buffer.alloc(4096)]);
  const good = {
    unixSocket: [2],
    unixPair: [2, Buffer.alloc(8)],
    unixBind: [datagrams(call), Buffer.from(`\0posix-ipc-odd-${String(process.pid)}`)],
    unixBindExact: [datagrams(call), Buffer.from('/nonexistent/s'), 0o600],
    unixListen: [datagram, 1],
    unixAccept: [datagram],
    unixConnect: [datagrams(call), nobody],
    unixDisconnect: [datagrams(call)],
    unixConnected: [1, nobody, false],
    unixConnectedWait: [1, nobody, false],
    unixConnectedTimed: [1, nobody, false, 0],
    unixProbe: [nobody],
    unixLockFile: [-1],
    unixShutdown: [datagrams(call), 1],
    unixOption: [12_345, 3],
    unixPeerPidfd: [datagram],
    unixSetOption: [12_345, 7, 5000],
    unixPeerCredentials: [datagram, Buffer.alloc(12)],
    unixName: [datagram, false, Buffer.alloc(108)],
    unixSend: [datagram, Buffer.from('x')],
    unixSendWith: [datagram, Buffer.from('x'), envelope()],
    unixReceive: [datagram, Buffer.alloc(64), 64, 0x800, envelope()],
    unixSendQuick: [datagram, slab, 1],
    unixReceiveQuick: [datagram, slab, 64, 0x800, slab],
    unixTakeOverflow: [Buffer.alloc(64)],
    socketFd: [1, 2, 0],
    socketpairFd: [1, 2, 0, Buffer.alloc(8)],
    bindFd: [12_345, Buffer.alloc(110)],
    listenFd: [12_345, 1],
    accept4Fd: [12_345, 0],
    connectFd: [12_345, Buffer.alloc(110)],
    shutdownFd: [12_345, 1],
    getsockoptFd: [12_345, 1, 3, Buffer.alloc(4)],
    setsockoptFd: [12_345, 1, 3, Buffer.alloc(4)],
    getnameFd: [12_345, false, Buffer.alloc(110)],
    sendmsgFd: [12_345, Buffer.alloc(0), [Buffer.from('x')], Buffer.alloc(0), 0],
    recvmsgFd: [12_345, Buffer.alloc(0), [Buffer.alloc(9)], Buffer.alloc(0), 0, Buffer.alloc(12)],
  };
  return { good, perilous };
}
