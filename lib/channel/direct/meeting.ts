/** How two ends find each other: at an object in shared memory, of which each takes one side. */

import { crypto } from '../../core/builtins';
import { check, SystemError } from '../../core/error';
import type { Mapping } from '../../core/mapping';
import { createNamed, openNamed, type Making, type NamedKind } from '../../core/named-memory';
import type { MutexGuard } from '../../lock/mutex-guard';
import { native } from '../../native';
import { mappable, type Use } from '../opening';
import { HEAD, leastCapacity, mostCapacity, RECEIVER_ROLE, SENDER_ROLE } from '../layout';
import { initialise, isCapacity, placeOf, type Place } from '../place';
import { receiverOf, type Receiver } from '../receiver';
import { leave, Role, type ChannelPeer } from '../role';
import { senderOf, type Sender } from '../sender';
import { shapeOf } from '../shape';
import {
  CAPACITY_WORD,
  HEAD_BYTES,
  ID_WORD,
  laneOffset,
  LAYOUT,
  LAYOUT_WORD,
  MAGIC,
  MAGIC_WORD,
  mostWindow,
  other,
  seatOffset,
  sizeOf,
  WINDOW_WORD,
  type Lane,
  type Side,
} from './layout';
import { directFailure, seatState } from './link';

/** Where and how two ends meet. */
export interface Meeting {
  name: string;
  /** Whether the name goes when they have met: it is of this pair of processes alone. */
  isPrivate: boolean;
  capacity: number;
  window: number;
  mode: number;
  use: Use;
}

interface Head {
  capacity: number;
  window: number;
  id: string;
}

function headOf(mapping: Mapping, name: string): Head {
  const words = mapping.view(Int32Array, 0, HEAD_BYTES / 4);
  if (Atomics.load(words, MAGIC_WORD) !== MAGIC) {
    throw directFailure('EINVAL', name, 'there is no direct channel');
  }
  if (words[LAYOUT_WORD] !== LAYOUT) {
    throw directFailure('EPROTO', name, 'its layout is one that this version does not know');
  }
  const capacity = words[CAPACITY_WORD] ?? 0;
  const window = words[WINDOW_WORD] ?? 0;
  const isWindow = window >= 1 && window <= mostWindow;
  if (!isCapacity(capacity, mostCapacity) || !isWindow || sizeOf(capacity) > mapping.length) {
    throw directFailure('EBADMSG', name, 'it does not fit into its memory');
  }
  return { capacity, window, id: `${String(words[ID_WORD])} ${String(words[ID_WORD + 1])}` };
}

function makingOf({ capacity, window, mode }: Meeting): Making {
  return {
    bytes: mappable(sizeOf(capacity), 'options.capacity', capacity),
    mode,
    init: (mapping) => {
      for (const lane of ['messages', 'calls'] as const) {
        for (const from of [0, 1] as const) {
          initialise(mapping, laneOffset(lane, from, capacity), capacity, shapeOf({}));
        }
      }
      const words = mapping.view(Int32Array, 0, HEAD_BYTES / 4);
      crypto().randomFillSync(words, ID_WORD, 2);
      words[LAYOUT_WORD] = LAYOUT;
      words[CAPACITY_WORD] = capacity;
      words[WINDOW_WORD] = window;
      Atomics.store(words, MAGIC_WORD, MAGIC);
    },
  };
}

function kindOf<T>(
  open: NamedKind<T>['open'],
  discard: NamedKind<T>['discard'] = () => undefined,
): NamedKind<T> {
  return {
    bytes: sizeOf(leastCapacity),
    tooSmall: (name) => directFailure('EINVAL', name, 'there is no direct channel'),
    open,
    discard,
  };
}

/** For looking at what a name refers to. */
const look = kindOf((mapping, name) => {
  const { id } = headOf(mapping, name);
  mapping.close();
  return id;
});

/**
 * One side of an object, and its seat, which is held until the side is left. Only who has the seat
 * of side 1 removes the name, so that nobody removes one that refers to another object by then.
 */
export class Seat {
  readonly name: string;
  readonly side: Side;
  readonly capacity: number;
  readonly window: number;
  /** Our calls, with the seat; our messages; theirs. */
  readonly calls: Sender;
  readonly sender: Sender;
  readonly receiver: Receiver;
  /** Their calls, and the role of who receives them. */
  readonly theirCalls: Place;
  readonly theirCallsRole: MutexGuard;

  readonly #mapping: Mapping;
  readonly #id: string;
  readonly #roles: Role[] = [];
  readonly #guards: MutexGuard[] = [];
  #named = true;

  constructor(mapping: Mapping, name: string, side: Side, use: Use) {
    const { capacity, window, id } = headOf(mapping, name);
    this.#mapping = mapping;
    this.#id = id;
    this.name = name;
    this.side = side;
    this.capacity = capacity;
    this.window = window;
    const [ours, theirs] = [side, other(side)];
    try {
      const seat = this.#take(this.#place('calls', ours), SENDER_ROLE); // first: the others are ours with it
      this.theirCalls = this.#place('calls', theirs);
      this.theirCallsRole = this.#take(this.theirCalls, RECEIVER_ROLE);
      const [out, into] = [this.#place('messages', ours), this.#place('messages', theirs)];
      this.receiver = receiverOf(into, this.#take(into, RECEIVER_ROLE), use);
      this.sender = senderOf(out, this.#take(out, SENDER_ROLE), use);
      this.calls = senderOf(this.#place('calls', ours), seat, use);
    } catch (error) {
      for (const guard of this.#guards.reverse()) leave(guard);
      this.#closeRoles();
      throw error;
    }
  }

  /** Who has the seat of the other side. */
  peer(): ChannelPeer | undefined {
    const role = new Role(this.theirCalls, SENDER_ROLE, '');
    try {
      return role.holder();
    } finally {
      role.close();
    }
  }

  /** Whether there can be no meeting here: it has been, or who made it is gone. By side 1. */
  get isOver(): boolean {
    const hello = this.#place('calls', 1).words;
    return Atomics.load(hello, HEAD) !== 0 || this.#stateOf(0) !== 'taken';
  }

  /** Removes the name if it still refers to this object. Needs the seat of side 1. */
  removeName(): void {
    if (!this.#named) return;
    this.#named = false;
    const id = unless('ENOENT', () => openNamed(look, this.name).opened);
    if (id !== this.#id) return;
    check(native.shmUnlink(this.name), 'shm_unlink', { path: this.name });
  }

  /** Removes the name when all is over, whoever is there. */
  forgetName(): void {
    try {
      if (this.side === 1) this.removeName();
      else this.#removeAlone();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error; // another one's by now; or we may not
    }
  }

  /** By side 0, where the other one is gone, or never came; else that removes it. */
  #removeAlone(): void {
    const role = new Role(this.theirCalls, SENDER_ROLE, 'is there');
    try {
      const guard = role.take();
      try {
        this.removeName();
      } finally {
        leave(guard);
      }
    } finally {
      role.close();
    }
  }

  /** Lets go of all; the link, which uses the calls of the other side, was closed. */
  leave(): void {
    this.sender.close();
    this.receiver.close();
    if (this.side === 1) this.forgetName();
    this.calls.close();
    // Who comes now sees that the seat of side 0 is free.
    if (this.side === 0) this.forgetName();
    this.#closeRoles();
    this.#mapping.close();
  }

  /** The same, where no link was made. */
  leaveUnmet(): void {
    leave(this.theirCallsRole);
    this.leave();
  }

  #place(lane: Lane, from: Side): Place {
    return placeOf(this.#mapping, laneOffset(lane, from, this.capacity), this.name);
  }

  #take(place: Place, role: number): MutexGuard {
    const one = new Role(place, role, 'is there');
    this.#roles.push(one);
    const guard = one.take();
    this.#guards.push(guard);
    return guard;
  }

  #stateOf(side: Side): ReturnType<typeof seatState> {
    return stateIn(this.#mapping, side, this.capacity);
  }

  #closeRoles(): void {
    for (const role of this.#roles) role.close();
  }
}

function stateIn(mapping: Mapping, side: Side, capacity: number): ReturnType<typeof seatState> {
  const [word = 0] = mapping.view(Int32Array, seatOffset(side, capacity), 1);
  return seatState(word);
}

/** Takes side 1 of an object; undefined: the two who met there are gone, and its name is soon. */
function join(mapping: Mapping, name: string, use: Use): Seat | undefined {
  let seat: Seat;
  try {
    seat = new Seat(mapping, name, 1, use);
  } catch (error) {
    if (!(error instanceof SystemError && error.code === 'EBUSY')) throw error;
    const { capacity } = headOf(mapping, name);
    if (stateIn(mapping, 0, capacity) === 'taken') {
      throw directFailure('EBUSY', name, 'two processes have met there already');
    }
    mapping.close();
    return undefined;
  }
  if (!seat.isOver) return seat;
  try {
    seat.removeName();
  } finally {
    seat.leaveUnmet();
  }
  return undefined;
}

/** Takes a side; undefined: try again soon. */
export function trySeat(meeting: Meeting): Seat | undefined {
  const { name, use } = meeting;
  const joining = kindOf<{ seat: Seat | undefined }>((mapping, at) => ({
    seat: join(mapping, at, use),
  }));
  const found = unless('ENOENT', () => openNamed(joining, name).opened);
  if (found !== undefined) {
    const { seat } = found;
    if (seat !== undefined && meeting.isPrivate) removeOrLeave(seat);
    return seat;
  }
  const making = kindOf<Seat>(
    (mapping, at) => new Seat(mapping, at, 0, use),
    (seat) => {
      seat.leaveUnmet();
    },
  );
  return unless('EEXIST', () => createNamed(making, name, makingOf(meeting)).opened);
}

/** Not every user may remove a name: then nobody holds the seat, either. */
function removeOrLeave(seat: Seat): void {
  try {
    seat.removeName();
  } catch (error) {
    seat.leaveUnmet();
    throw error;
  }
}

/** undefined where it fails with that code. */
function unless<R>(code: string, call: () => R): R | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof SystemError && error.code === code) return undefined;
    throw error;
  }
}
