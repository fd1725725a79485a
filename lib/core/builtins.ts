/**
 * Modules of Node that take milliseconds to load, and that many programs never need: who first needs one
 * loads it, not the start of all.
 */

import type * as cryptoModule from 'node:crypto';
import type * as v8Module from 'node:v8';

export function crypto(): typeof cryptoModule {
  return process.getBuiltinModule('node:crypto');
}

export function v8(): typeof v8Module {
  return process.getBuiltinModule('node:v8');
}
