/** The names that objects have for programs. */

/** What `util.inspect` asks for. */
export const printed = Symbol.for('nodejs.util.inspect.custom');

const beneath = [Object.prototype, Function.prototype];

const protectedOnes = [
  'beforeReceiving',
  'beforeSharing',
  'checkFree',
  'checkOpen',
  'encode',
  'endSends',
  'number',
  'release',
  'withValue',
];

/** Of what writes into a ring: see lib/channel/writing-end.ts. */
const ofEnds = ['put', 'putSync', 'tryPut', 'putMany', 'putManySync', 'tryPutMany'];

/** An object and what it inherits from, without what every object or function has. */
export function chainOf(target: object | null): object[] {
  if (target === null || beneath.includes(target)) return [];
  return [target, ...chainOf(Object.getPrototypeOf(target) as object | null)];
}

/** For the package's own classes and their instances; not what only they may call. */
export function membersOf(target: object): string[] {
  const hidden = ['length', 'name', 'prototype', 'constructor', ...protectedOnes, ...ofEnds];
  const names = chainOf(target).flatMap((one) => Object.getOwnPropertyNames(one));
  return [...new Set(names)].filter((name) => !hidden.includes(name)).sort();
}
