/** Rows of bind(2), getsockname(2) and getpeername(2) of Unix sockets. */

import { mkdirSync, rmSync, statSync } from 'node:fs';

import { unix } from 'posix-ipc';
import { bind, getpeername, getsockname, sockaddr_un } from 'posix-ipc/syscalls';

import { abstractName, closing, socketPath } from '../support/sockets';
import { withUmask } from '../support/umask';
import { closeNow, NOT_OPEN } from './descriptors';
import { asNobody } from './elsewhere';
import { unusedPath } from './fifos';
import { root } from './needs';
import { fileWith } from './pipes';
import { absent, different, gvisor, own, type Row } from './row';
import { bound, connectedTo, listening, newSocket } from './sockets';

const LONGEST = 108;
const FAMILY = 2;

function object(address?: string): unix.Datagram {
  return closing(unix.Datagram.createSync(address));
}

/** The bytes that are said to be a socket's name, beside those that were asked for. */
function sameness(found: Uint8Array, wanted: string): string {
  const is = Buffer.from(wanted).equals(found) ? 'same' : 'other';
  return `${is}, ${String(found.length)} bytes`;
}

function said(wanted: string, name: (memory: Buffer) => number): string {
  const memory = Buffer.alloc(FAMILY + LONGEST);
  return sameness(memory.subarray(FAMILY, name(memory)), wanted);
}

function saidBy(wanted: string, address: unix.Address | undefined): string {
  return sameness(Buffer.from((address ?? '') as string), wanted);
}

/** Binds to an address, when something has been done to it. */
function binds(
  c: string,
  what: string,
  expected: string,
  address: () => string,
  before: (address: string) => unknown = () => undefined,
): Row {
  return own(
    c,
    what,
    expected,
    () => {
      const name = address();
      before(name);
      bound('datagram', name);
    },
    async () => {
      const name = address();
      before(name);
      closing(await unix.Datagram.create(name));
    },
  );
}

const bindAgain = (address: string): unknown => bound('datagram', address);

function bindAndClose(address: string): void {
  closeNow(bound('datagram', address));
}

const exactness: Row[] = [
  {
    ...binds(
      'bind-longer',
      'a null byte more is another name',
      'done',
      () => `${abstractName()}\0`,
      (address) => bound('datagram', address.slice(0, -1)),
    ),
    id: 'ShortAddressNotExtended',
  },
  {
    ...binds(
      'bind-after-null',
      'so is another byte after a null byte',
      'done',
      () => `${abstractName()}\0X`,
      (address) => bound('datagram', `${address.slice(0, -1)}\0`),
    ),
    id: 'AddressAfterNull',
  },
  gvisor(
    'GetSockNameLength',
    'bind-name-length',
    'a name has its length',
    'same, 30 bytes',
    () => {
      const name = abstractName().slice(0, 30);
      return said(name, (memory) => getsockname(bound('datagram', name), memory));
    },
    () => {
      const name = abstractName().slice(0, 30);
      return saidBy(name, object(name).address);
    },
  ),
];

const tooLong = `/${'x'.repeat(LONGEST + 7)}`;
const alreadyBound = absent('an object is bound when it is made');

function longestPath(): string {
  return socketPath().padEnd(LONGEST, 'x');
}

const binding: Row[] = [
  binds('bind-path', 'a path', 'done', socketPath),
  binds('bind-abstract', 'an abstract name', 'done', abstractName),
  binds('bind-in-use', 'a path that another socket has', 'EADDRINUSE', socketPath, bindAgain),
  binds(
    'bind-abstract-in-use',
    'an abstract name that another socket has',
    'EADDRINUSE',
    abstractName,
    bindAgain,
  ),
  binds('bind-other-type', 'that a socket of another type has', 'done', abstractName, (address) =>
    bound('stream', address),
  ),
  binds('bind-stale', 'a path whose socket is closed', 'EADDRINUSE', socketPath, bindAndClose),
  binds(
    'bind-abstract-gone',
    'an abstract name whose socket is closed',
    'done',
    abstractName,
    bindAndClose,
  ),
  own(
    'bind-longest',
    'a path of 108 bytes',
    'done',
    () => {
      const path = longestPath();
      bound('datagram', path);
      rmSync(path);
    },
    async () => {
      const path = longestPath();
      await closing(await unix.Datagram.create(path)).unlink();
    },
  ),
  own(
    'bind-too-long',
    'a longer one',
    'EINVAL',
    () => {
      const address = Buffer.concat([sockaddr_un('/').subarray(0, FAMILY), Buffer.from(tooLong)]);
      bind(newSocket('datagram'), address);
    },
    different('ERR_OUT_OF_RANGE', 'arguments are checked before the call', () => object(tooLong)),
  ),
  own(
    'bind-twice',
    'a socket that is bound',
    'EINVAL',
    () => {
      bind(bound('datagram', abstractName()), sockaddr_un(abstractName()));
    },
    alreadyBound,
  ),
  binds('bind-no-folder', 'a folder that there is not', 'ENOENT', () => `${socketPath()}/socket`),
  binds('bind-not-folder', 'a folder that is none', 'ENOTDIR', () => '/dev/null/socket'),
  own(
    'bind-closed',
    'a descriptor that is not open',
    'EBADF',
    () => {
      bind(NOT_OPEN, sockaddr_un(abstractName()));
    },
    () => unix.Datagram.fromFd(NOT_OPEN),
  ),
  own(
    'bind-no-socket',
    'a file that is no socket',
    'ENOTSOCK',
    () => {
      bind(fileWith(''), sockaddr_un(abstractName()));
    },
    () => unix.Datagram.fromFd(fileWith('')),
  ),
  {
    ...own(
      'bind-forbidden',
      'a folder of another user',
      'EACCES',
      () => asNobody('bind', privatePath()),
      () => asNobody('datagram-create', privatePath()),
    ),
    needs: root,
  },
];

function privatePath(): string {
  const { key } = unusedPath();
  mkdirSync(key, { mode: 0o700 });
  return `${key}/socket`;
}

function modeOf(path: string): string {
  return statSync(path).mode.toString(8);
}

const names: Row[] = [
  own(
    'bind-mode',
    'the umask takes from the mode of the file',
    '140750',
    () => {
      const path = socketPath();
      withUmask(0o027, () => bound('datagram', path));
      return modeOf(path);
    },
    different('140777', 'the modes of classes are exact', () => {
      const path = socketPath();
      const create = (): unix.Datagram => unix.Datagram.createSync(path, { mode: 0o777 });
      closing(withUmask(0o027, create));
      return modeOf(path);
    }),
  ),
  own(
    'bind-autobind',
    'of no name: the kernel chooses an abstract one',
    '6 bytes, the first is 0',
    () => {
      const memory = Buffer.alloc(FAMILY + LONGEST);
      const size = getsockname(bound('datagram', ''), memory) - FAMILY;
      return `${String(size)} bytes, the first is ${String(memory[FAMILY])}`;
    },
    () => {
      const address = closing(unix.Datagram.createSync(unix.autobind)).address as string;
      return `${String(address.length)} bytes, the first is ${String(address.charCodeAt(0))}`;
    },
  ),
  own(
    'bind-none',
    'who is not bound has no name',
    'same, 0 bytes',
    () => said('', (memory) => getsockname(newSocket('datagram'), memory)),
    () => saidBy('', object().address),
  ),
  own(
    'bind-peer',
    'the name of the peer',
    'same, 30 bytes',
    () => {
      const name = abstractName().slice(0, 30);
      listening('stream', name);
      return said(name, (memory) => getpeername(connectedTo('stream', name), memory));
    },
    async () => {
      const name = abstractName().slice(0, 30);
      listening('stream', name);
      return saidBy(name, closing(await unix.Stream.connect(name)).peerAddress);
    },
  ),
  own(
    'bind-no-peer',
    'who is not connected has none',
    'ENOTCONN',
    () => getpeername(newSocket('datagram'), Buffer.alloc(FAMILY + LONGEST)),
    () => object().peerAddress,
  ),
];

export const bindRows: Row[] = [...binding, ...exactness, ...names];
