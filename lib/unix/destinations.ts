import { deadlineAfter, remaining } from '../core/deadline';
import { check, errnoOf, type SystemError } from '../core/error';
import type { Keeper } from '../core/keeper';
import { Lane, type Call, type Limits } from '../core/lane';
import { OwnedDescriptor } from '../core/owned-descriptor';
import { Direction, loop, startReady } from '../core/ready';
import { native } from '../native';
import { SOCK_DGRAM } from './constants';
import type { PacketSending } from './sending';

const ETIMEDOUT = -errnoOf('ETIMEDOUT');

/**
 * Those who wait to send to one address.
 *
 * poll(2) tells nothing about the queue of an address that a socket is not connected to. So a second
 * socket is connected to it, and that one is polled; it never sends anything. Where that one has
 * room, it is the sender's own buffer that is full: a copy of its descriptor is polled.
 */
class Destination {
  readonly lane: Lane;
  readonly #own: OwnedDescriptor;
  readonly #probe: OwnedDescriptor;
  readonly #to: Uint8Array;

  constructor(fd: number, to: Uint8Array, keeper: Keeper, onEmpty: () => void) {
    this.#to = to;
    this.#own = OwnedDescriptor.copyOf(fd);
    try {
      this.#probe = new OwnedDescriptor(check(native.unixSocket(SOCK_DGRAM), 'socket'));
    } catch (error) {
      this.#own.close();
      throw error;
    }
    this.lane = new Lane(keeper, onEmpty, loop);
  }

  call(sending: PacketSending): Call<true> {
    return {
      attempt: () => sending.attempt(),
      start: () => startReady(this.#full().handle, Direction.out),
      block: (timeout) => [this.#block(timeout), 0, 0],
      complete: () => undefined, // there may be room, no more: the lane tries again
      failure: (error) => sending.failure(error),
    };
  }

  /** When nobody waits any more. */
  sendSync(sending: PacketSending, timeout: number): void {
    const deadline = deadlineAfter(timeout);
    for (let waited = false; sending.attempt() === undefined; waited = true) {
      const time = remaining(deadline);
      const result = waited && time === 0 ? ETIMEDOUT : this.#block(time);
      if (result < 0) throw sending.failure(result);
    }
  }

  close(): void {
    this.#own.close();
    this.#probe.close();
  }

  #block(timeout: number): number {
    return native.readyWait(this.#full().handle, Direction.out, timeout);
  }

  /** What there is to wait for now. The address may be another socket's by now. */
  #full(): OwnedDescriptor {
    // One that is connected to us refuses others, and has no limit for us.
    const connected = native.unixConnect(this.#probe.handle, this.#to) === 0;
    const hasRoom = native.readyWait(this.#probe.handle, Direction.out, 0) === 0;
    return connected && !hasRoom ? this.#probe : this.#own;
  }
}

/** All addresses that one socket waits to send to: one that is slow holds up no other. */
export class Destinations {
  readonly #waiting = new Map<string, Destination>();
  readonly #fd: number;
  readonly #keeper: Keeper;

  constructor(fd: number, keeper: Keeper) {
    this.#fd = fd;
    this.#keeper = keeper;
  }

  /** Whether nobody waits to send there. */
  isFree(to: Uint8Array): boolean {
    if (this.#waiting.size === 0) return true;
    const key = keyOf(to);
    this.#waiting.get(key)?.lane.serve();
    return !this.#waiting.has(key);
  }

  /** In line behind those who came before. `tried`: it has just been found to have to wait. */
  send(
    sending: PacketSending,
    to: Uint8Array,
    limits: Limits,
    method: unknown,
    tried: boolean,
  ): Promise<true> {
    const destination = this.#at(to);
    try {
      return destination.lane.add(destination.call(sending), limits, method, tried);
    } finally {
      if (!destination.lane.busy) this.#remove(keyOf(to)); // it has failed at once
    }
  }

  sendSync(sending: PacketSending, to: Uint8Array, timeout: number): void {
    const key = keyOf(to);
    const deadline = deadlineAfter(timeout);
    const served = this.#waiting.get(key)?.lane.serveSync(timeout) ?? 0;
    if (served < 0) throw sending.failure(served);
    const destination = this.#at(to); // a new one: the last who waited has closed the old one
    try {
      destination.sendSync(sending, remaining(deadline));
    } finally {
      this.#remove(key);
    }
  }

  /** Tries all again, now. */
  serve(): void {
    for (const { lane } of [...this.#waiting.values()]) lane.serve();
  }

  end(reason: () => SystemError | Error): void {
    for (const { lane } of [...this.#waiting.values()]) lane.end(reason);
  }

  #at(to: Uint8Array): Destination {
    const key = keyOf(to);
    const found = this.#waiting.get(key);
    if (found !== undefined) return found;
    const made = new Destination(this.#fd, to, this.#keeper, () => {
      this.#remove(key);
    });
    this.#waiting.set(key, made);
    return made;
  }

  #remove(key: string): void {
    this.#waiting.get(key)?.close();
    this.#waiting.delete(key);
  }
}

function keyOf(to: Uint8Array): string {
  return Buffer.from(to).toString('latin1');
}
