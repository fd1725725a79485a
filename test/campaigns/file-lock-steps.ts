/** Steps with locks of one file, at random: several objects, and a C program. */

import type { lock } from 'posix-ipc';

import { fileLock, type Outsider } from '../support/file-locks';
import { waitUntil } from '../support/wait-until';
import { Bytes, cells, conflict, overlap, rangeOf, spansOf, type Span } from './file-lock-model';
import type { Seeded } from './seeded';

/** A promise that waits; `upgraded`: to make that guard exclusive. */
interface Wait extends Span {
  upgraded: Guarded | undefined;
  leaving: AbortController;
  left: boolean;
}

interface Guarded extends Span {
  guard: lock.FileLockGuard;
}

/** One object, and what it should have. */
interface Owner {
  file: lock.FileLock;
  held: Set<Guarded>;
  /** In the order in which they came. */
  waits: Set<Wait>;
}

const left = new Error('left');

export class FileLockSteps {
  readonly counts = new Map<string, number>();
  readonly #owners: Owner[] = [];
  readonly #outside = new Bytes();
  #unexpected: Error | undefined;

  constructor(
    private readonly random: Seeded,
    private readonly outsider: Outsider,
    private readonly file: { path: string; kind: lock.FileLockKind; base: bigint },
    objects: number,
  ) {
    for (let i = 0; i < objects; i++) this.#owners.push(this.#owner());
  }

  async step(): Promise<void> {
    const owner = this.random.oneOf(this.#owners);
    const held = this.random.oneOf([...owner.held]) as Guarded | undefined;
    const wait = this.random.oneOf([...owner.waits]) as Wait | undefined;
    const which = this.random.below(100);
    if (which < 15) this.#lock(owner);
    else if (which < 35) this.#tryLock(owner);
    else if (which < 45) await this.#ask();
    else if (which < 46) this.#close(owner);
    else if (which < 60 && wait !== undefined) this.#leave(wait);
    else if (held !== undefined) this.#change(owner, held, which);
    await waitUntil('the kernel has what it should', () => this.#wrong() === undefined).catch(
      (error: unknown) => {
        throw new Error(this.#wrong(), { cause: error });
      },
    );
    if (this.#unexpected !== undefined) throw this.#unexpected;
  }

  /** Everybody leaves. */
  end(): void {
    for (const owner of [...this.#owners]) this.#close(owner);
  }

  // ---- what is done

  #lock(owner: Owner): void {
    const span = this.#span();
    this.#wait(owner, span, undefined, (signal) =>
      owner.file.lock({ ...rangeOf(span, this.file.base), signal }),
    );
  }

  #wait(
    owner: Owner,
    { first, last, shared }: Span,
    upgraded: Guarded | undefined,
    call: (signal: AbortSignal) => Promise<lock.FileLockGuard>,
  ): void {
    const leaving = new AbortController();
    const wait: Wait = { first, last, shared, upgraded, leaving, left: false };
    owner.waits.add(wait);
    const name = upgraded === undefined ? 'lock' : 'upgrade';
    call(leaving.signal).then(
      (guard) => {
        owner.waits.delete(wait);
        this.#count(`${name} done`);
        if (upgraded === undefined) owner.held.add({ first, last, shared, guard });
        else upgraded.shared = false;
      },
      (error: unknown) => {
        owner.waits.delete(wait);
        this.#count(`${name} ended`);
        if (!wait.left) this.#unexpected ??= new Error('it ended by itself', { cause: error });
      },
    );
  }

  #tryLock(owner: Owner): void {
    const span = this.#span();
    const range = rangeOf(span, this.file.base);
    const ownBars = this.#ownBars(owner, span);
    const othersBar = this.#othersBar(owner, span);
    // It looks through all of /proc.
    if (this.random.chance(0.1)) expect(owner.file.testSync(range) !== undefined).toBe(othersBar);
    if (this.random.chance(0.5)) {
      const guard = owner.file.tryLock(range);
      this.#count(`tryLock ${guard === undefined ? 'barred' : 'done'}`);
      expect(guard === undefined).toBe(ownBars || othersBar);
      if (guard !== undefined) owner.held.add({ ...span, guard });
      return;
    }
    const outcome = outcomeOf(() => {
      const guard = owner.file.lockSync({ ...range, timeout: this.random.below(2) });
      owner.held.add({ ...span, guard });
    });
    this.#count(`lockSync ${outcome}`);
    expect(outcome).toBe(ownBars ? 'EDEADLK' : othersBar ? 'ETIMEDOUT' : 'done');
  }

  #change(owner: Owner, held: Guarded, which: number): void {
    const waits = [...owner.waits].filter(({ upgraded }) => upgraded === held);
    if (which < 80) {
      for (const wait of waits) wait.left = true; // ERR_CLOSED
      owner.held.delete(held);
      held.guard.release();
      this.#count('release');
    } else if (which < 85) {
      if (waits.length > 0) return;
      held.guard.downgrade();
      held.shared = true;
      this.#count('downgrade');
    } else if (waits.length === 0) this.#upgrade(owner, held);
  }

  #upgrade(owner: Owner, held: Guarded): void {
    const span = { ...held, shared: false };
    const inItsWay = [...owner.waits].filter((wait) => overlap(wait, span));
    if (inItsWay.some(({ upgraded }) => upgraded !== undefined)) return; // EDEADLK
    // flock(2) gives the shared lock up while it waits, which is another model.
    if (this.file.kind !== 'flock' && held.shared && this.random.chance(0.5)) {
      this.#wait(owner, span, held, async (signal) => {
        await held.guard.upgrade({ signal });
        return held.guard;
      });
      return;
    }
    const done = held.guard.tryUpgrade();
    this.#count(`tryUpgrade ${done ? 'done' : 'barred'}`);
    const others = [...owner.held].some((other) => other !== held && overlap(other, span));
    const barred = held.shared && (others || this.#othersBar(owner, span));
    if (inItsWay.length === 0) expect(done).toBe(!barred);
    if (done) held.shared = false;
  }

  #leave(wait: Wait): void {
    wait.left = true;
    wait.leaving.abort(left);
  }

  #close(owner: Owner): void {
    for (const wait of owner.waits) wait.left = true;
    owner.held.clear();
    owner.file.close();
    this.#owners.splice(this.#owners.indexOf(owner), 1, this.#owner());
    this.#count('close');
  }

  async #ask(): Promise<void> {
    const span = this.#span();
    const { start, length } = rangeOf(span, this.file.base);
    const text = `${span.shared ? 'r' : 'w'} ${String(start)} ${String(length)}`;
    if (this.random.chance(0.6)) {
      await this.outsider.unlock(text);
      this.#outside.set(span, '');
      return;
    }
    const answer = await this.outsider.ask('try', text);
    const barred = this.#owners.some(({ held }) => Bytes.of(held).bar(span));
    this.#count(`the other ${answer}`);
    expect(answer).toBe(barred ? 'EAGAIN' : 'done');
    if (!barred) this.#outside.set(span, span.shared ? 'r' : 'w');
    else if (this.file.kind === 'flock') this.#outside.set(span, ''); // what it had is given up
  }

  // ---- what should be

  /** What is not (yet) as it should be. */
  #wrong(): string | undefined {
    for (const owner of this.#owners) {
      const has = JSON.stringify(spansOf(owner.file.held, this.file.base));
      const should = JSON.stringify(Bytes.of(owner.held).runs());
      if (has !== should) return `the kernel has ${has}, the guards ${should}`;
      for (const held of owner.held)
        if (this.#othersBar(owner, held))
          return `two have ${JSON.stringify([held.first, held.last])}`;
      for (const wait of owner.waits)
        if (wait.left || !this.#mayWait(owner, wait)) return `one waits for nothing, or has left`;
    }
    return undefined;
  }

  #mayWait(owner: Owner, wait: Wait): boolean {
    if (this.#othersBar(owner, wait)) return true;
    if (wait.upgraded === undefined) return this.#ownBars(owner, wait, wait);
    const guards = [...owner.held].some((one) => one !== wait.upgraded && overlap(one, wait));
    const others = [...owner.waits].filter((one) => one !== wait && overlap(one, wait));
    return guards || others.some((one) => this.#othersBar(owner, one));
  }

  /** Whether what this object has, or has asked for before, bars. */
  #ownBars(owner: Owner, span: Span, until?: Wait): boolean {
    const waits = [...owner.waits];
    const before = until === undefined ? waits : waits.slice(0, waits.indexOf(until));
    const upgrades = waits.filter((one) => one !== until && one.upgraded !== undefined);
    return [...owner.held, ...before, ...upgrades].some((one) => conflict(one, span));
  }

  #othersBar(owner: Owner, span: Span): boolean {
    const others = this.#owners.filter((other) => other !== owner);
    return this.#outside.bar(span) || others.some(({ held }) => Bytes.of(held).bar(span));
  }

  #span(): Span {
    const shared = this.random.chance(0.5);
    if (this.file.kind === 'flock') return { first: 0, last: cells - 1, shared };
    const first = this.random.below(cells);
    const last = this.random.chance(0.2) ? cells - 1 : first + this.random.below(cells - first);
    return { first, last, shared };
  }

  #owner(): Owner {
    const { path, kind } = this.file;
    return { file: fileLock(kind, path), held: new Set(), waits: new Set() };
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}

function outcomeOf(call: () => void): string {
  try {
    call();
    return 'done';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
