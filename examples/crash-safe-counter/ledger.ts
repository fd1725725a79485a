/**
 * What the processes share: memory that each has inherited as descriptor 3. increment.c knows the
 * same layout, in words of 32 bits.
 *
 * | offset       | what                                                                          |
 * | ------------ | ----------------------------------------------------------------------------- |
 * | 0            | the mutex                                                                     |
 * | 64           | the counter                                                                   |
 * | 68           | 1: it is time to end                                                          |
 * | 72           | journal: who is at work (its number + 1), or 0; written last, cleared first   |
 * | 76           | journal: the counter before                                                   |
 * | 80           | journal: how many increments the one at work had committed before             |
 * | 84           | who is to stand still in the midst of an increment, to be killed there (+ 1)  |
 * | 88           | who does (+ 1)                                                                |
 * | 128 + 64 * i | of process i: increments committed, deaths told to it, increments taken back  |
 */
import { lock, type memory } from 'posix-ipc';

export const SIZE = 4096;

/** As which descriptor a process inherits it. */
export const DESCRIPTOR = 3;

export const PROCESSES = 3;

/** The number of no process. */
export const NOBODY = -1;

const [COUNTER, STOP, WHO, COUNTER_BEFORE, COMMITTED_BEFORE] = [16, 17, 18, 19, 20];
const [HALT, HALTED] = [21, 22];
const [FIRST_PROCESS, WORDS_OF_PROCESS] = [32, 16];
const [COMMITTED, RECOVERIES, TAKEN_BACK] = [0, 1, 2];

/** Turns of doing nothing, in which the counter is ahead of what is committed. */
const WORK = 100_000;

export class Ledger {
  readonly mutex: lock.Mutex;
  readonly #words: Uint32Array;

  /** `main`: the process that has started all others. */
  constructor(
    mapping: memory.Mapping,
    readonly main: number,
    options?: lock.MutexAtOptions,
  ) {
    this.mutex = lock.Mutex.at(mapping, 0, options);
    this.#words = mapping.view(Uint32Array);
  }

  get counter(): number {
    return this.#get(COUNTER);
  }

  get stopping(): boolean {
    return this.#get(STOP) !== 0;
  }

  /** Tells all processes to end. */
  stop(): void {
    this.#set(STOP, 1);
  }

  /** From now on this process stands still in its next increment, until somebody else is named. */
  halt(process: number): void {
    this.#set(HALTED, 0);
    this.#set(HALT, process + 1);
  }

  hasHalted(process: number): boolean {
    return this.#get(HALTED) === process + 1;
  }

  committed(process: number): number {
    return this.#get(wordOf(process, COMMITTED));
  }

  /** How often a process was told that an owner had died. */
  recoveries(process: number): number {
    return this.#get(wordOf(process, RECOVERIES));
  }

  takenBack(process: number): number {
    return this.#get(wordOf(process, TAKEN_BACK));
  }

  /** One increment of a process that has the mutex. It may be killed anywhere in here. */
  increment(process: number, guard: lock.MutexGuard): void {
    if (guard.ownerDied) {
      this.#repair(process);
      guard.markConsistent();
    }
    const counter = this.#get(COUNTER);
    const committed = this.committed(process);
    this.#set(COUNTER_BEFORE, counter);
    this.#set(COMMITTED_BEFORE, committed);
    this.#set(WHO, process + 1);
    this.#set(COUNTER, counter + 1);
    for (let turn = 0; turn < WORK; turn++) this.#get(COUNTER);
    this.#standStill(process);
    this.#set(wordOf(process, COMMITTED), committed + 1);
    this.#set(WHO, 0);
  }

  #standStill(number: number): void {
    while (this.#get(HALT) === number + 1 && process.ppid === this.main) {
      this.#set(HALTED, number + 1);
    }
  }

  /** What the dead owner had not committed is taken back. Harmless if done twice. */
  #repair(process: number): void {
    this.#add(wordOf(process, RECOVERIES));
    const dead = this.#get(WHO) - 1;
    if (dead < 0 || dead >= PROCESSES) return; // it was not at work
    if (this.committed(dead) === this.#get(COMMITTED_BEFORE)) {
      this.#set(COUNTER, this.#get(COUNTER_BEFORE));
      this.#add(wordOf(process, TAKEN_BACK));
    }
    this.#set(WHO, 0);
  }

  [Symbol.dispose](): void {
    this.mutex.close();
  }

  // Atomics: the order of the stores is what is written here, whatever the compiler would like.

  #get(word: number): number {
    return Atomics.load(this.#words, word);
  }

  #set(word: number, value: number): void {
    Atomics.store(this.#words, word, value);
  }

  #add(word: number): void {
    Atomics.add(this.#words, word, 1);
  }
}

function wordOf(process: number, word: number): number {
  return FIRST_PROCESS + process * WORDS_OF_PROCESS + word;
}
