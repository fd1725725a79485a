/**
 * Memory that is passed on: each message is a memfd, memfd_create(2), whose descriptor goes over a
 * Unix socket: SCM_RIGHTS in unix(7). What the socket itself carries is the type. The receiver
 * inherits its end of it.
 */
import { writeFileSync } from 'node:fs';
import { memory, unix } from 'posix-ipc';
import { offerInheritance } from './inheritance';
import { Disconnected, type Endpoint, type Message, type Transport } from './transport';

/** As much as is read from the disk at once. */
const MEMORY_SIZE = 256 * 1024;

/**
 * How many bytes of messages may be under way. The least that the kernel allows is a handful of
 * messages, and with them as many pieces of memory: it does not count those.
 */
const SEND_BUFFER = 1;

/** With `fds`: a descriptor comes with each message. */
const SOCKET_OPTIONS = { fds: 1, sendBuffer: SEND_BUFFER };

class MemoryEnd implements Endpoint {
  readonly maxLength = MEMORY_SIZE;
  readonly #socket: unix.SeqPacket;
  #received: memory.Mapping | undefined;

  constructor(socket: unix.SeqPacket) {
    this.#socket = socket;
  }

  async send(type: number, data: Buffer | string, signal: AbortSignal): Promise<void> {
    using file = await memory.memfd('file-transfer');
    writeFileSync(file.fd, data);
    file.seal('write', 'grow', 'shrink', 'seal');
    await this.#socket.send(Uint32Array.of(type), { fds: [file], signal });
  }

  async receive(signal: AbortSignal): Promise<Message> {
    this.#received?.close();
    const message = await this.#socket.receive({ signal });
    if (message === null) throw new Disconnected();
    const [descriptor] = message.fds;
    if (!descriptor) throw new Error('a message came without a descriptor');
    using file = await memory.Memfd.fromFd(descriptor.detach());
    // Sealed memory stays as it is: nobody changes what is hashed, or cuts it off meanwhile.
    if (!['write', 'shrink'].every((seal) => (file.seals as string[]).includes(seal)))
      throw new Error('the memory is not sealed');
    // A private mapping: the kernel makes no other of what is sealed against writing.
    this.#received = await file.map({ access: 'copy-on-write' });
    return { type: message.data.readUInt32LE(), data: this.#received.bytes };
  }

  close(): void {
    this.#received?.close();
    this.#socket.close();
  }
}

export const memfd: Transport = {
  id: 'memfd',
  name: 'Passed memfd',
  peers: ['node', 'c'],

  async create() {
    const [ours, theirs] = await unix.socketpair('seqpacket', SOCKET_OPTIONS);
    return offerInheritance([theirs], new MemoryEnd(ours));
  },

  async open(address) {
    return new MemoryEnd(await unix.SeqPacket.fromFd(Number(address), SOCKET_OPTIONS));
  },

  // Neither the memory nor the socket has a name: they go with their last descriptors.
  remove: () => Promise.resolve(),
};
