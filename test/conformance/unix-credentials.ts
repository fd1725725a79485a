/** Rows of credentials that go with messages (SCM_CREDENTIALS, SO_PASSCRED), and of SO_PEERCRED. */

import { unix } from 'posix-ipc';
import { getsockopt, SO_PASSCRED, SO_PEERCRED, SOL_SOCKET } from 'posix-ipc/syscalls';

import { abstractName, closing } from '../support/sockets';
import { asNobody } from './elsewhere';
import { root } from './needs';
import { absent, gvisor, own, type Column, type Row } from './row';
import {
  connectedTo,
  credentials,
  letterFrom,
  letterOf,
  listening,
  newPair,
  newSocket,
  objectOf,
  pairOf,
  post,
  rights,
  wantCredentials,
  type Kind,
  type Letter,
} from './sockets';

const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
const own3 = (): Buffer => credentials(process.pid, uid, gid);
const noFds = { credentials: true };
const withFds = { credentials: true, fds: 4 };
const makesThem = absent('the class makes control messages itself');

function whose(from: unix.Credentials | undefined): string {
  if (from === undefined) return 'nobody';
  const isOurs = from.pid === process.pid && from.uid === uid && from.gid === gid;
  return isOurs ? 'us' : [from.pid, from.uid, from.gid].join(' ');
}

function saidOf({ text, from }: Letter): string {
  return `${text} from ${whose(from)}`;
}

function saidWith(letter: Letter): string {
  return `${saidOf(letter)} with ${String(letter.fds.length)}`;
}

// ---- said by the sender

const said: Row[] = [
  gvisor(
    'BasicCredPass',
    'cred-said',
    'the sender says who it is',
    'x from us',
    () => {
      const [one, other] = newPair('seqpacket');
      post(one, 'x', own3());
      wantCredentials(other);
      return saidOf(letterFrom(other));
    },
    async () => {
      const [one, other] = newPair('seqpacket');
      await objectOf('seqpacket', one).send('x', { credentials: true });
      return saidOf(letterOf(await objectOf('seqpacket', other, noFds).receive()));
    },
  ),
  gvisor(
    'NoPassCred',
    'cred-not-wanted',
    'nobody has asked for it',
    'x from nobody',
    () => {
      const [one, other] = newPair('seqpacket');
      post(one, 'x', own3());
      return saidOf(letterFrom(other));
    },
    async () => {
      const [one, other] = pairOf('seqpacket');
      await one.send('x', { credentials: true });
      return saidOf(letterOf(await other.receive()));
    },
  ),
  gvisor(
    'NoDataCredPass',
    'cred-no-data',
    'a control message without them',
    'EINVAL',
    () => {
      const control = own3().subarray(0, 16);
      control.writeBigUInt64LE(16n);
      return post(newPair('seqpacket')[0], 'x', control);
    },
    makesThem,
  ),
  {
    ...own(
      'cred-of-another',
      'another user says it is root',
      'EPERM',
      () => asNobody('cred-claim', 0),
      () => asNobody('socket-claim', 0),
    ),
    needs: root,
  },
  {
    ...own(
      'cred-of-no-process',
      'root says it is a process that there is not',
      'ESRCH',
      () => post(newPair('seqpacket')[0], 'x', credentials(2 ** 31 - 1, uid, gid)),
      () => pairOf('seqpacket')[0].send('x', { credentials: { pid: 2 ** 31 - 1, uid, gid } }),
    ),
    needs: root,
  },
];

// ---- said by the kernel

interface Wanted {
  kind?: Kind;
  sender?: boolean;
  receiver?: 'before' | 'after' | undefined;
}

/** One end or both ask for credentials, before or after the message is sent. */
function wanted(
  id: string,
  c: string,
  what: string,
  expected: string,
  { kind = 'seqpacket', sender = false, receiver }: Wanted,
): Row {
  return gvisor(
    id,
    c,
    what,
    expected,
    () => {
      const [one, other] = newPair(kind);
      if (sender) wantCredentials(one);
      if (receiver === 'before') wantCredentials(other);
      post(one, 'x');
      if (receiver === 'after') wantCredentials(other);
      return saidOf(letterFrom(other));
    },
    async () => {
      const [one, other] = newPair(kind);
      const from = objectOf(kind, one, { credentials: sender });
      const before = receiver === 'before' ? objectOf(kind, other, noFds) : undefined;
      await from.send('x');
      const to = before ?? objectOf(kind, other, { credentials: receiver === 'after' });
      return saidOf(letterOf(await to.receive()));
    },
  );
}

const us = 'x from us';

const byKernel: Row[] = [
  wanted(
    'SendNullCredsAfterSoPassCredRecvEnd',
    'cred-wanted',
    'the receiver has asked before',
    us,
    { receiver: 'before' },
  ),
  wanted('WriteAfterSoPassCredRecvEnd', 'cred-wanted-of-stream', 'of a stream', us, {
    kind: 'stream',
    receiver: 'before',
  }),
  wanted('WriteAfterSoPassCredRecvEnd', 'cred-wanted-of-datagram', 'of a datagram', us, {
    kind: 'datagram',
    receiver: 'before',
  }),
  wanted(
    'SendNullCredsBeforeSoPassCredRecvEnd',
    'cred-wanted-late',
    'the receiver asks afterwards',
    'x from 0 65534 65534',
    { receiver: 'after' },
  ),
  wanted(
    'SendNullCredsAfterSoPassCredSendEnd',
    'cred-wanted-by-sender',
    'only the sender has asked',
    'x from nobody',
    { sender: true },
  ),
  wanted(
    'SendNullCredsBeforeSoPassCredRecvEndAfterSendEnd',
    'cred-wanted-late-by-both',
    'the sender has asked before, the receiver asks afterwards',
    us,
    { sender: true, receiver: 'after' },
  ),
  gvisor(
    'SoPassCred',
    'cred-option',
    'each end has the option of its own',
    '1 0',
    () => {
      const [one, other] = newPair('seqpacket');
      wantCredentials(one);
      return `${passcred(one)} ${passcred(other)}`;
    },
    () => {
      const [one, other] = newPair('seqpacket');
      const object = objectOf('seqpacket', one, noFds);
      return `${passcred(object.fd)} ${passcred(objectOf('seqpacket', other).fd)}`;
    },
  ),
];

function passcred(fd: number): string {
  const value = new Int32Array(1);
  getsockopt(fd, SOL_SOCKET, SO_PASSCRED, value);
  return String(value[0]);
}

// ---- with descriptors

function withFd(id: string, c: string, what: string, expected: string, isLate: boolean): Row {
  return gvisor(
    id,
    c,
    what,
    expected,
    () => {
      const [one, other] = newPair('seqpacket');
      if (!isLate) wantCredentials(other);
      post(one, 'x', rights([0]));
      if (isLate) wantCredentials(other);
      return saidWith(letterFrom(other));
    },
    async () => {
      const [one, other] = newPair('seqpacket');
      const before = isLate ? undefined : objectOf('seqpacket', other, withFds);
      await objectOf('seqpacket', one).send('x', { fds: [0] });
      const to = before ?? objectOf('seqpacket', other, withFds);
      return saidWith(letterOf(await to.receive()));
    },
  );
}

const beside: Row[] = [
  withFd('FDPassAfterSoPassCred', 'cred-with-fd', 'beside a descriptor', `${us} with 1`, false),
  withFd(
    'FDPassBeforeSoPassCred',
    'cred-late-with-fd',
    'beside a descriptor, asked for afterwards',
    'x from 0 65534 65534 with 1',
    true,
  ),
];

// ---- SO_PEERCRED

function peerOf(fd: number): string {
  const memory = new Uint32Array(3);
  getsockopt(fd, SOL_SOCKET, SO_PEERCRED, memory);
  const [pid = 0, theirUid = 0, theirGid = 0] = memory;
  return whose({ pid, uid: theirUid, gid: theirGid });
}

const peers: Row[] = [
  own(
    'cred-peer-of-pair',
    'who has made the pair',
    'us',
    () => peerOf(newPair('stream')[0]),
    () => whose(closing(unix.socketpairSync('stream')[0]).peerCredentials),
  ),
  own(
    'cred-peer-of-connected',
    'who listens',
    'us',
    () => {
      const name = abstractName();
      listening('stream', name);
      return peerOf(connectedTo('stream', name));
    },
    async () => {
      const name = abstractName();
      listening('stream', name);
      return whose(closing(await unix.Stream.connect(name)).peerCredentials);
    },
  ),
  own(
    'cred-peer-of-none',
    'nobody',
    '0 4294967295 4294967295',
    () => peerOf(newSocket('datagram')),
    () => whose(closing(unix.Datagram.createSync()).peerCredentials),
  ),
];

export const credRows: Row[] = [...said, ...byKernel, ...beside, ...peers];

// ---- less room than they take

const hasRoom = absent('an object that asks for them has room for them');

function cutText({ isCut, from }: Letter): string {
  return `${isCut ? 'cut' : 'whole'}, ${from?.pid === process.pid ? 'pid' : 'no pid'}`;
}

function into(
  id: string,
  c: string,
  what: string,
  expected: string,
  control: number,
  promise: Column = hasRoom,
): Row {
  const sync = (): string => {
    const [one, other] = newPair('seqpacket');
    wantCredentials(other);
    post(one, 'x');
    return cutText(letterFrom(other, { control }));
  };
  return gvisor(id, c, what, expected, sync, promise);
}

export const truncatedCredRows: Row[] = [
  into(
    'CredPassNoMsgCtrunc',
    'ctrunc-cred-whole',
    'room for credentials',
    'whole, pid',
    32,
    async () => {
      const [one, other] = pairOf('seqpacket', noFds);
      await one.send('x');
      return cutText(letterOf(await other.receive()));
    },
  ),
  into('CredPassTruncatedMsgCtrunc', 'ctrunc-cred-first', 'for the pid', 'cut, pid', 20),
  into('CredPassNoSpaceMsgCtrunc', 'ctrunc-cred-no-space', 'for a header', 'cut, no pid', 16),
  into(
    'FDPassAfterSoPassCredWithoutCredHeaderSpace',
    'ctrunc-cred-no-header',
    'for half a header',
    'cut, no pid',
    8,
  ),
];
