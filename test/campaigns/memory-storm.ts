/** The steps of the memory storm: what one thread does with mappings, at random, and what it sees. */

import { ReadableStream } from 'node:stream/web';

import { event, memory, posix } from 'posix-ipc';

import { makeMapping, makeTransferred, type Lasting, type Mapped } from './memory-objects';
import type { Seeded } from './seeded';

/** An ArrayBuffer that took over the memory of another one. */
export interface Held {
  buffer: ArrayBuffer;
  tag: number;
}

interface View {
  view: NodeJS.TypedArray<ArrayBuffer>;
  of: Mapped;
  length: number;
}

/** Most of each kind that one thread has at a time. */
const most = 60;

/** What the system may answer to a step that comes at a bad moment. */
const weather = new Set([
  ...['EBUSY', 'EACCES', 'EFAULT', 'EINVAL', 'ENOMEM', 'EPERM', 'EAGAIN'],
  ...['ERR_OUT_OF_RANGE', 'ERR_CLOSED', 'ETIMEDOUT'],
]);

/** A buffer that was transferred away, or that Node does not allow to be. */
const detached = /detached|could not be (cloned|transferred)|cannot be (cloned|transferred)/i;

const viewClasses = [
  ...[Uint8Array, Int16Array, Int32Array, Uint32Array, Float64Array, BigInt64Array],
] as const;

/** Another ArrayBuffer over the same memory: a stream that reads into the caller's memory makes one. */
export async function takeOver(buffer: ArrayBuffer): Promise<ArrayBuffer> {
  const stream = new ReadableStream({
    type: 'bytes',
    pull: ({ byobRequest }) => byobRequest?.respond(1),
  });
  const { value } = await stream.getReader({ mode: 'byob' }).read(new Uint8Array(buffer));
  if (value === undefined) throw new Error('nothing was read');
  return value.buffer;
}

export class Storm {
  readonly random: Seeded;
  readonly mapped: Mapped[] = [];
  readonly held: Held[] = [];
  readonly counts = new Map<string, number>();
  readonly #lasting: Lasting;
  readonly #ends: boolean;
  readonly #views: View[] = [];
  readonly #pending = new Set<Promise<unknown>>();
  readonly #futexes: event.Futex[] = [];
  readonly #semaphores: posix.Semaphore[] = [];
  #failure: unknown;

  /** `ends`: the thread ends before the process does, and what it has transferred may stay mapped. */
  constructor(random: Seeded, lasting: Lasting, ends = false) {
    this.random = random;
    this.#lasting = lasting;
    this.#ends = ends;
  }

  // ---- steps

  /** One step; throws what is no weather. */
  step(): void {
    if (this.#failure !== undefined) throw this.#failure as Error;
    const name = this.random.oneOf(stepNames);
    this.#brave(name, () => {
      steps[name](this);
    });
    this.look();
  }

  #brave(name: string, body: () => void): void {
    try {
      body();
      this.#count(name);
    } catch (error) {
      this.#excuse(name, error);
    }
  }

  /** Remembers a promise of a step, and what becomes of it. */
  later(name: string, promise: Promise<unknown>): void {
    const ended = promise.then(
      () => {
        this.#count(name);
      },
      (error: unknown) => {
        try {
          this.#excuse(name, error);
        } catch (failure) {
          this.#failure ??= failure;
        }
      },
    );
    this.#pending.add(ended);
    void ended.then(() => this.#pending.delete(ended));
  }

  #count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  #excuse(name: string, error: unknown): void {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!weather.has(code ?? '') && !detached.test(message)) {
      throw new Error(`in step ${name}: ${message}`, { cause: error });
    }
    this.#count(`${name} refused`);
  }

  /** Everything that was begun has ended. */
  async calm(): Promise<void> {
    for (const futex of this.#futexes.splice(0)) futex.close();
    for (const semaphore of this.#semaphores.splice(0)) semaphore.close();
    while (this.#pending.size > 0) await Promise.all(this.#pending);
    if (this.#failure !== undefined) throw this.#failure as Error;
  }

  /** Closes, or drops, everything. */
  clear(): void {
    for (const one of this.mapped.splice(0)) {
      if (this.random.chance(0.7)) close(one);
    }
    this.#views.length = 0;
    this.held.length = 0;
  }

  // ---- what steps need

  any(): Mapped | undefined {
    return this.mapped.length === 0 ? undefined : this.random.oneOf(this.mapped);
  }

  add(made: Mapped): void {
    this.mapped.push(made);
    if (this.mapped.length > most) close(this.drop(this.mapped));
  }

  create(): void {
    this.add(makeMapping(this.random, this.#lasting));
  }

  /** One whose memory may be transferred. */
  toTransfer(): Mapped | undefined {
    return this.#ends ? makeTransferred(this.random, this.#lasting) : this.any();
  }

  hold(held: Held): void {
    this.held.push(held);
    if (this.held.length > most) this.drop(this.held);
  }

  addView(view: View): void {
    this.#views.push(view);
    if (this.#views.length > 2 * most) this.drop(this.#views);
  }

  drop<T>(list: T[]): T {
    return list.splice(this.random.below(list.length), 1)[0] as T;
  }

  addFutex(futex: event.Futex): void {
    this.#futexes.push(futex);
    if (this.#futexes.length > 20) this.drop(this.#futexes).close();
  }

  addSemaphore(semaphore: posix.Semaphore): void {
    this.#semaphores.push(semaphore);
    if (this.#semaphores.length > 10) this.drop(this.#semaphores).close();
  }

  // ---- what is seen

  /** Looks at some of what there is. */
  look(): void {
    for (let i = 0; i < 3 && this.#views.length > 0; i++)
      this.#lookAt(this.random.oneOf(this.#views));
    if (this.held.length > 0) this.#lookAtHeld(this.random.oneOf(this.held));
  }

  #lookAt({ view, of, length }: View): void {
    if (of.mapping.closed && view.byteLength !== 0) throw new Error('a view outlives close');
    if (view.byteLength !== 0 && view.byteLength !== length) throw new Error('a view has shrunk');
    if (view.byteLength === 0) return;
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    this.#expectTag(bytes, of.tag);
    bytes[this.random.below(bytes.length)] = of.tag;
  }

  #lookAtHeld({ buffer, tag }: Held): void {
    const bytes = new Uint8Array(buffer);
    if (bytes.length === 0) throw new Error('a transferred buffer is empty');
    this.#expectTag(bytes, tag);
    bytes[0] = tag;
  }

  /** Looks at a few bytes, now and then at all. */
  #expectTag(bytes: Uint8Array, tag: number): void {
    if (bytes.length === 0) return;
    const some = [0, bytes.length - 1, this.random.below(bytes.length)].map((at) => bytes[at]);
    const wrong = this.random.chance(0.05)
      ? bytes.find((byte) => byte !== tag)
      : some.find((byte) => byte !== tag);
    if (wrong !== undefined) throw new Error(`${String(wrong)} is seen instead of ${String(tag)}`);
  }

  expectCopy(copy: Uint8Array, tag: number): void {
    this.#expectTag(copy, tag);
  }
}

function close({ mapping, shm }: Mapped): void {
  if (shm === undefined) mapping.close();
  else shm.close();
}

type Step = (storm: Storm) => void;

/** A step with a mapping, if there is one. */
function on(body: (one: Mapped, storm: Storm) => void, transferring = false): Step {
  return (storm) => {
    const one = transferring ? storm.toTransfer() : storm.any();
    if (one !== undefined) body(one, storm);
  };
}

function range({ mapping }: Mapped, { random }: Storm): { offset: number; length: number } {
  const offset = random.below(mapping.length + 1);
  return { offset, length: random.below(mapping.length - offset + 1) };
}

const view = on((one, storm) => {
  const { mapping } = one;
  const type = storm.random.oneOf(viewClasses);
  const size = type.BYTES_PER_ELEMENT;
  const offset = storm.random.below(Math.floor(mapping.length / size) + 1) * size;
  const length = storm.random.below(Math.floor((mapping.length - offset) / size) + 1);
  const made = mapping.view(type as typeof Uint8Array<ArrayBuffer>, offset, length);
  storm.addView({ view: made, of: one, length: made.byteLength });
});

const atomics = on(({ mapping, tag }, { random }) => {
  const bytes = Buffer.alloc(8, tag);
  const at = random.below(Math.floor(mapping.length / 8));
  const words = mapping.view(Int32Array);
  const long = mapping.view(BigInt64Array);
  if (long.length === 0) return;
  const seen = [
    Atomics.load(words, at),
    Atomics.or(words, at, 0),
    Number(BigInt.asIntN(32, Atomics.load(long, at))),
    Number(BigInt.asIntN(32, Atomics.add(long, at, 0n))),
  ];
  if (seen.some((word) => word !== bytes.readInt32LE())) {
    throw new Error(`Atomics see ${seen.join(', ')}`);
  }
});

const protect = on(({ mapping }, { random }) => {
  const { access } = mapping;
  mapping.protectSync(random.oneOf(['none', 'read', 'write'] as const));
  // What cannot be written soon again would be of no use.
  if (random.chance(0.7) && access !== 'none') mapping.protectSync('write');
});

/** What has grown gets its tag, and can only get it where it can be written. */
const resize = on((one, { random }) => {
  const { mapping } = one;
  mapping.protectSync('write');
  const before = mapping.length;
  const grow = random.chance(0.5) ? random.below(1 << 14) : 0;
  if (one.shm === undefined || random.chance(0.5)) {
    mapping.resizeSync(Math.max(1, random.below(before) + grow));
  } else one.shm.resizeSync(1 + random.below(1 << 16));
  if (mapping.length > before) {
    mapping.write(Buffer.alloc(mapping.length - before, one.tag), before);
  }
});

const takeOverStep = on(({ mapping, tag }, storm) => {
  const { buffer } = mapping;
  storm.later(
    'take over',
    takeOver(buffer).then((taken) => {
      storm.hold({ buffer: taken, tag });
    }),
  );
}, true);

const cloneTransferred = on(({ mapping, tag }, storm) => {
  const { buffer } = mapping;
  storm.hold({ buffer: structuredClone(buffer, { transfer: [buffer] }), tag });
}, true);

const futex = on(({ mapping, tag }, storm) => {
  const offset = storm.random.below(Math.floor(mapping.length / 4)) * 4;
  const made = new event.Futex(mapping, offset);
  storm.addFutex(made);
  const waiting = made.wait(Buffer.alloc(4, tag).readInt32LE(), {
    timeout: storm.random.oneOf([5, 50, Infinity]),
  });
  storm.later('futex wait', waiting);
  if (storm.random.chance(0.3)) made.wake();
});

/** In memory of its own, because it writes there. */
const semaphore: Step = (storm) => {
  const { random } = storm;
  const mapping = memory.mapAnonymousSync({ length: 256, shared: random.chance(0.5) });
  const made = posix.Semaphore.at(mapping, random.below(8) * 32, { value: 0 });
  storm.addSemaphore(made);
  storm.later('semaphore wait', made.wait({ timeout: random.oneOf([5, Infinity]) }));
  if (random.chance(0.5)) mapping.close();
  if (random.chance(0.5)) made.post();
  if (random.chance(0.5)) mapping.resizeSync(5000);
};

const steps = {
  create: (storm: Storm) => {
    storm.create();
  },
  'create another': (storm: Storm) => {
    storm.create();
  },
  view,
  'another view': view,
  atomics,
  futex,
  protect,
  resize,
  buffer: on(({ mapping }) => mapping.buffer.byteLength),
  read: on((one, storm) => {
    const { offset, length } = range(one, storm);
    storm.expectCopy(one.mapping.read(offset, length), one.tag);
  }),
  'read into': on((one, storm) => {
    const { offset, length } = range(one, storm);
    const copy = new Uint8Array(length);
    one.mapping.readInto(copy, offset);
    storm.expectCopy(copy, one.tag);
  }),
  write: on((one, storm) => {
    const { offset, length } = range(one, storm);
    one.mapping.write(Buffer.alloc(length, one.tag), offset);
  }),
  'write from itself': on(({ mapping }) => mapping.write(mapping.bytes)),
  'sync sync': on((one, storm) => {
    one.mapping.syncSync(range(one, storm));
  }),
  sync: on((one, storm) => {
    storm.later('sync', one.mapping.sync(range(one, storm)));
  }),
  advise: on((one, storm) => {
    const advice = storm.random.oneOf(['will-need', 'cold', 'populate-read', 'random'] as const);
    storm.later('advise', one.mapping.advise(advice, range(one, storm)));
  }),
  lock: on((one, storm) => {
    storm.later('lock', one.mapping.lock(range(one, storm)));
  }),
  unlock: on((one, storm) => {
    one.mapping.unlockSync(range(one, storm));
  }),
  residency: on((one, storm) => one.mapping.residencySync(range(one, storm))),
  close: on((one, storm) => {
    close(one);
    if (storm.random.chance(0.8)) storm.mapped.splice(storm.mapped.indexOf(one), 1);
  }),
  'drop unclosed': (storm: Storm) => {
    if (storm.mapped.length > 0) storm.drop(storm.mapped);
  },
  'drop held': (storm: Storm) => {
    if (storm.held.length > 0) storm.drop(storm.held);
  },
  clone: on((one, storm) => {
    storm.expectCopy(new Uint8Array(structuredClone(one.mapping.buffer)), one.tag);
  }),
  'clone, transferred': cloneTransferred,
  'take over': takeOverStep,
  semaphore: (storm: Storm) => {
    if (storm.random.chance(0.2)) semaphore(storm);
  },
  'collect garbage': ({ random }: Storm) => {
    if (random.chance(0.2)) globalThis.gc?.(random.chance(0.5) ? { type: 'minor' } : {});
  },
} satisfies Record<string, Step>;

const stepNames = Object.keys(steps) as (keyof typeof steps)[];
