/** Rows of sends and receives that block, in another process, which has its end as descriptor 3. */

import { untilBlockedIn, type BlockingCall } from '../support/blocked';
import { socketId } from '../support/descriptor-info';
import type { Peer } from '../support/processes';
import { soon } from '../support/wait-until';
import { closeNow } from './descriptors';
import { acrossSignalOf, start } from './elsewhere';
import { absent, different, own, type Column, type Row } from './row';
import { drain, fill, newPair, post, type Kind } from './sockets';

/** A call of the fixture, and what it sleeps in. */
type Form = [call: string, sleeps: BlockingCall];

interface Waited {
  peer: Peer;
  /** The other end. */
  ours: number;
}

async function waiter(
  kind: Kind,
  [call, sleeps]: Form,
  before: (fd: number) => void,
): Promise<Waited> {
  const [ours, theirs] = newPair(kind);
  before(theirs);
  const peer = start(call, { key: 3 }, [theirs]);
  await untilBlockedIn(sleeps, peer.pid, socketId(theirs));
  closeNow(theirs);
  return { peer, ours };
}

const nothing = (): undefined => undefined;
const receives: [Form, Form] = [
  ['recvmsg', 'recvmsg'],
  ['socket-receive', 'epoll'],
];
const sends: [Form, Form] = [
  ['sendmsg', 'sendmsg'],
  ['socket-send', 'epoll'],
];

function waits(
  [c, what, expected]: [c: string, what: string, expected: string],
  kind: Kind,
  [forms, before]: [forms: [Form, Form], before: (fd: number) => void],
  happen: (waited: Waited) => unknown,
): Row {
  const [sync, promise] = forms.map((form) => async (): Promise<unknown> => {
    const waited = await waiter(kind, form, before);
    return (await happen(waited)) ?? waited.peer.line();
  }) as [Column, Column];
  return own(c, what, expected, sync, promise);
}

const restarts = absent('Node sets SA_RESTART on all its handlers');

export const waitRows: Row[] = [
  waits(
    ['message-receive-goes-on', 'a receive that blocks goes on when a message comes', 'come'],
    'seqpacket',
    [receives, nothing],
    ({ ours }) => {
      post(ours, 'come');
    },
  ),
  waits(
    ['message-receive-ends', 'it ends when the peer closes', 'end'],
    'stream',
    [receives, nothing],
    ({ ours }) => {
      closeNow(ours);
    },
  ),
  own(
    'message-receive-interrupted',
    'a handler without SA_RESTART runs while it blocks',
    'EINTR',
    restarts,
    different('signal, then come', 'the handler runs meanwhile', async () => {
      const { peer, ours } = await waiter('seqpacket', receives[1], nothing);
      return acrossSignalOf(peer, () => {
        post(ours, 'come');
      });
    }),
  ),
  waits(
    ['message-send-goes-on', 'a send that blocks goes on when there is room', '1'],
    'datagram',
    [sends, fill],
    ({ ours }) => {
      drain(ours);
    },
  ),
  waits(
    ['message-send-refused', 'it fails when the peer closes', 'ECONNREFUSED'],
    'datagram',
    [sends, fill],
    ({ ours }) => {
      closeNow(ours);
    },
  ),
  waits(
    ['message-receiver-killed', 'who is killed while it waits has closed', 'EPIPE'],
    'seqpacket',
    [receives, nothing],
    async ({ peer, ours }) => {
      peer.kill('SIGKILL');
      await soon('its end', peer.ended);
      return post(ours, 'x');
    },
  ),
];
