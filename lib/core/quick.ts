/**
 * Calls of the addon that are made often. Their numbers and their answer pass through memory that both
 * sides share: a value that crosses into C++ takes as long as the work of such a call.
 *
 * What is called often is taken out of `native`, which has so many members that V8 looks each up in a
 * table, and has a name of its own: then it is known what is called, and all of a call becomes one function.
 * Whatever returns after a system call does so slowly.
 */

import { native } from '../native';
import type { Quick } from '../native';

const words = native.callWords;

/** Makes a quick call with so many numbers. */
export function quick1(call: Quick<1>, first: number): number {
  words[0] = first;
  call();
  return words[0];
}

export function quick2(call: Quick<2>, first: number, second: number): number {
  words[0] = first;
  words[1] = second;
  call();
  return words[0];
}

export function quick3(call: Quick<3>, first: number, second: number, third: number): number {
  words[0] = first;
  words[1] = second;
  words[2] = third;
  call();
  return words[0];
}

export function quick4(
  call: Quick<4>,
  first: number,
  second: number,
  third: number,
  fourth: number,
): number {
  words[0] = first;
  words[1] = second;
  words[2] = third;
  words[3] = fourth;
  call();
  return words[0];
}

export function quick5(
  call: Quick<5>,
  first: number,
  second: number,
  third: number,
  fourth: number,
  fifth: number,
): number {
  words[0] = first;
  words[1] = second;
  words[2] = third;
  words[3] = fourth;
  words[4] = fifth;
  call();
  return words[0];
}
