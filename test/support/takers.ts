/** Receivers of one channel, in processes of their own, that write down what they get. */

import { setImmediate as turn } from 'node:timers/promises';

import type { channel } from 'posix-ipc';

import { makeChannel } from './channels';
import { temporaryFile } from './files';
import { startC, startNode, type Peer } from './processes';
import { stop, takenLedger, TakenLedger } from './taken-ledger';
import { waitUntil } from './wait-until';
import { mapFile } from './words';

const capacity = 1 << 13;

export async function ready(peer: Peer): Promise<Peer> {
  const line = await peer.line();
  if (line !== 'ready') throw new Error(line);
  return peer;
}

/** How it receives, or sends; those that begin with C are programs in C. */
export type Form =
  | 'promise'
  | 'batches'
  | 'sync'
  | 'into'
  | 'place'
  | `C ${'copy' | 'try' | 'timed' | 'place' | 'together' | 'slow'}`;

async function startPeer(
  form: string,
  names: [c: string, node: string],
  args: string[],
): Promise<Peer> {
  const [c, node] = names;
  return ready(await (form.startsWith('C ') ? startC(c, args) : startNode(node, args)));
}

/** A channel of receivers that write down what they get. */
export class Takers {
  readonly one: channel.Channel;
  readonly ledger: TakenLedger;
  readonly peers: Peer[] = [];
  readonly #file: string;
  /** What one of them has failed with. */
  #failure = '';

  constructor(options: channel.ChannelOptions, senders: number, each: number) {
    this.one = makeChannel({ capacity, waiting: 'block', ...options });
    this.#file = temporaryFile(takenLedger(senders, each));
    this.ledger = new TakenLedger(mapFile(this.#file));
  }

  /** `more`: what it is told beside that, in C: see test/fixtures/channel-c-taker.c. */
  async start(
    form: Form,
    waiting: channel.Waiting = 'adaptive',
    more: string[] = [],
  ): Promise<Peer> {
    const args = [this.one.name, this.#file, form.replace('C ', ''), waiting, ...more];
    const peer = await startPeer(form, ['channel-c-taker', 'channel-taker'], args);
    this.peers.push(peer);
    void peer.ended.then(({ stderr }) => (this.#failure ||= stderr));
    return peer;
  }

  /** Messages of a sender in a process of its own. */
  async send(
    sender: number,
    form: Form,
    waiting: channel.Waiting = 'adaptive',
    more: string[] = [],
    command = 'send',
  ): Promise<Peer> {
    const { each } = this.ledger;
    const args = [each, form.replace('C ', ''), waiting, sender * each, ...more].map(String);
    const names: [string, string] = ['channel-c-peer', 'channel-peer'];
    const peer = await startPeer(form, names, [this.one.name, command, ...args]);
    this.ledger.published(sender, each); // when it has ended well
    return peer;
  }

  async taken(count: number): Promise<void> {
    await waitUntil(`${String(count)} are taken`, () => this.#haveTaken(count));
  }

  /** As `taken`, without a pause: the next round begins at once. */
  async takenNow(count: number): Promise<void> {
    const deadline = performance.now() + 120_000;
    while (!this.#haveTaken(count)) {
      if (performance.now() > deadline) throw new Error(`not ${String(count)} are taken`);
      await turn();
    }
  }

  #haveTaken(count: number): boolean {
    if (this.#failure !== '') throw new Error(this.#failure);
    return this.ledger.total === count;
  }

  /** Ends them one by one; answers how many each has taken. */
  async finish(sender: channel.Sender): Promise<number[]> {
    const receivers = (): number => this.one.statSync().receivers.length;
    for (let left = receivers() - 1; left >= 0; left--) {
      await sender.send('', { type: stop });
      sender.flush();
      await waitUntil('one has ended', () => receivers() === left);
    }
    const said = await Promise.all(this.peers.map((peer) => peer.success()));
    return said.map((text) => Number(/took (\d+)/.exec(text)?.[1]));
  }
}
