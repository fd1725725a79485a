/**
 * mq_notify(3) by several processes: the same random calls by processes of C, of Node, and of both.
 * All that comes of them has to be the same: answers, who is registered, what is in the queue, and how
 * many signals each process got.
 *
 * 2 scripts by default; POSIX_IPC_CAMPAIGN=20 npm test -- campaigns/notify for 40. The seed of a script
 * is in the test's name; POSIX_IPC_NOTIFY_SEED=SEED begins with that one.
 */

import { readSync } from 'node:fs';

import { mainThreadBlockedIn } from '../support/blocked';
import { patience, scaled } from '../support/campaign';
import { temporaryPosixQueue } from '../support/posix-queues';
import { startC, startNode, type Peer } from '../support/processes';
import { soon, waitUntil } from '../support/wait-until';
import { below } from './chance';
import { Seeded } from './seeded';

type Language = 'C' | 'Node';

const steps = 100;
const places = 3;
const capacity = 3;
const SIGUSR2 = 12;

const casts: Language[][] = [
  ['C', 'C', 'C'],
  ['Node', 'Node', 'Node'],
  ['Node', 'C', 'Node'],
];

/** One process, and what it has open. */
class Player {
  readonly open = new Set<number>();
  awaits: number | undefined;
  isBlocked = false;

  constructor(readonly peer: Peer) {}

  async ask(...words: (string | number)[]): Promise<string> {
    this.peer.tell(words.join(' '));
    return this.peer.line();
  }
}

/** The calls of one script, and what came of them. */
class Play {
  readonly transcript: string[] = [];
  readonly #queue = temporaryPosixQueue({ maxMessages: capacity, messageSize: 16 });
  readonly #observer: number;
  readonly #players: Player[] = [];
  readonly #cast: readonly Language[];
  readonly #random: Seeded;
  #sent = 0;

  constructor(cast: readonly Language[], seed: number) {
    this.#cast = cast;
    this.#random = new Seeded(seed);
    this.#observer = this.#queue.fd;
  }

  async run(): Promise<string[]> {
    for (const place of this.#cast.keys()) await this.#start(place);
    for (let step = 0; step < steps; step++) await this.#step();
    return this.transcript;
  }

  async #start(place: number): Promise<void> {
    const { name } = this.#queue;
    const seed = String(this.#random.seed());
    const peer =
      this.#cast[place] === 'C'
        ? await startC('notify-peer', [name])
        : startNode('notify-peer', [name, seed]);
    const player = new Player(peer);
    this.#players[place] = player;
    const said = await player.ask('open', 0);
    if (said !== 'opened') throw new Error(said);
    player.open.add(0);
  }

  async #step(): Promise<void> {
    const free = this.#players.filter(({ isBlocked }) => !isBlocked);
    const awaiting = free.find(({ awaits }) => awaits !== undefined);
    const player = this.#random.oneOf(free);
    const said =
      awaiting !== undefined && this.#random.chance(0.2)
        ? await this.#giveUp(awaiting)
        : `${String(this.#players.indexOf(player))} ${await this.#act(player)}`;
    this.transcript.push(`${said} | ${await this.#state()}`);
  }

  /** What somebody else sees afterwards. */
  async #state(): Promise<string> {
    const text = Buffer.alloc(100);
    const length = readSync(this.#observer, text, 0, text.length, 0);
    const [, how = '', pid = ''] =
      /NOTIFY:(\d+).*NOTIFY_PID:(\d+)/.exec(text.toString('latin1', 0, length)) ?? [];
    const owner = this.#players.findIndex(({ peer }) => peer.pid === Number(pid));
    const told: string[] = [];
    for (const player of this.#players) {
      told.push(player.isBlocked ? 'blocked' : await player.ask('told'));
    }
    const { messages } = this.#queue.attributes;
    return `${String(messages)} messages, registered ${String(owner)} ${how}, told ${told.join(' ')}`;
  }

  async #act(player: Player): Promise<string> {
    const queue = [...player.open];
    const at = this.#random.oneOf(queue);
    const many = this.#random.below(100);
    if (many < 25) return this.#send(player, at);
    if (many < 45) return this.#say(player, 'notify', at, this.#random.chance(0.85) ? SIGUSR2 : 0);
    if (many < 53) return this.#say(player, 'withdraw', at);
    if (many < 70) return this.#say(player, 'receive', at);
    if (many < 78) return this.#open(player);
    if (many < 81) return this.#close(player, at);
    if (many < 90) return this.#await(player, at);
    if (many < 93) return this.#block(player, at);
    if (many < 95) return this.#say(player, 'visit');
    if (many < 97) return this.#say(player, 'child');
    return this.#end();
  }

  async #say(player: Player, ...words: (string | number)[]): Promise<string> {
    return `${words.join(' ')}: ${await player.ask(...words)}`;
  }

  /** Who waits has it: who blocks before who polls. */
  async #send(player: Player, at: number): Promise<string> {
    const said = await this.#say(player, 'send', at, String(this.#sent++));
    const blocked = this.#players.find(({ isBlocked }) => isBlocked);
    if (blocked !== undefined) {
      blocked.isBlocked = false;
      return `${said}, to who is blocked: ${await blocked.peer.line()}`;
    }
    const awaiting = this.#players.find(({ awaits }) => awaits !== undefined);
    return awaiting === undefined ? said : `${said}, awaited: ${await this.#got(awaiting)}`;
  }

  async #got(player: Player): Promise<string> {
    player.awaits = undefined;
    return player.ask('got');
  }

  async #open(player: Player): Promise<string> {
    const free = Array.from({ length: places }, (_, i) => i).find((i) => !player.open.has(i));
    if (free === undefined) return 'all is open';
    player.open.add(free);
    return this.#say(player, 'open', free);
  }

  async #close(player: Player, at: number): Promise<string> {
    if (player.open.size === 1 || player.awaits === at) return 'stays open';
    player.open.delete(at);
    return this.#say(player, 'close', at);
  }

  /** One awaits at a time; then it gets what somebody sends, or gives up. */
  async #await(player: Player, at: number): Promise<string> {
    if (this.#players.some(({ awaits }) => awaits !== undefined)) return 'somebody waits';
    const isThere = this.#queue.attributes.messages > 0;
    player.awaits = at;
    const said = await this.#say(player, 'await', at);
    return isThere ? `${said}, ${await this.#got(player)}` : said;
  }

  /** Leaves, or closes what it waits for. */
  async #giveUp(player: Player): Promise<string> {
    const at = player.awaits as number;
    const isToClose = player.open.size > 1 && this.#random.chance(0.6);
    if (isToClose) player.open.delete(at);
    player.awaits = undefined;
    const index = this.#players.indexOf(player);
    return `${String(index)} ${await this.#say(player, isToClose ? 'shut' : 'leave')}`;
  }

  async #block(player: Player, at: number): Promise<string> {
    const { messages } = this.#queue.attributes;
    if (messages > 0 || player.awaits !== undefined) return 'does not block';
    if (this.#players.some(({ isBlocked }) => isBlocked)) return 'another is blocked';
    player.peer.tell(`block ${String(at)}`);
    const { pid } = player.peer;
    await waitUntil('it is blocked', () => mainThreadBlockedIn('mq_timedreceive', pid));
    player.isBlocked = true;
    return 'blocks';
  }

  /** Of any of them, also of who is blocked. */
  async #end(): Promise<string> {
    const index = this.#random.below(this.#players.length);
    const { peer, isBlocked } = this.#players[index] as Player;
    const isKilled = this.#random.chance(0.6) || isBlocked;
    if (isKilled) peer.kill('SIGKILL');
    else peer.tell('exit');
    const { code, signal } = await soon('its end', peer.ended);
    await this.#start(index);
    return `${String(index)} ended by ${String(code ?? signal)}`;
  }
}

const first = Number(process.env['POSIX_IPC_NOTIFY_SEED'] ?? below(2 ** 31));
const seeds = Array.from({ length: scaled(2) }, (_, i) => first + i);

test.each(seeds)(
  `${String(steps)} calls of three processes, seed %d: Node does as C`,
  async (seed) => {
    const [c = [], ...others] = await all(seed);
    for (const other of others) expect(other).toStrictEqual(c);
  },
  patience(5),
);

async function all(seed: number): Promise<string[][]> {
  const transcripts: string[][] = [];
  for (const cast of casts) transcripts.push(await new Play(cast, seed).run());
  return transcripts;
}

/** Scripts in which nothing happens show nothing. */
test('what the scripts come across', async () => {
  const scripts: string[] = [];
  for (let seed = 1; seed <= 4; seed++) {
    scripts.push(...(await new Play(['C', 'C', 'C'], seed).run()));
  }
  const text = scripts.join('\n');
  for (const what of [
    'notify 0 12: asked',
    'notify 0 12: EBUSY',
    'withdrawn',
    'to who is blocked',
    'awaited',
    'leave: left',
    'shut: shut',
    'visited',
    'child: ended',
    'ended by SIGKILL',
    'ended by 0',
  ]) {
    expect(text).toContain(what);
  }
});
