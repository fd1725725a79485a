import { constants } from 'node:os';

import { native } from '../native';
import { invalidType, outOfRange, quoted } from './error';
import { integer } from './options';

/** A signal's number, from `least` on; names are those of Node. */
export function signalNumber(name: string, signal: unknown, least: number): number {
  if (typeof signal === 'number') return integer(name, signal, least, native.SIGRTMAX);
  if (typeof signal !== 'string') throw invalidType(name, 'a number or a name', signal);
  const number = Object.entries(constants.signals).find(([one]) => one === signal)?.[1];
  if (number === undefined) throw outOfRange(name, 'the name of a signal', quoted(signal));
  return number;
}
