import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// The function is there in contexts that are made after the flag; the suite needs no option of node.
setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as NodeJS.GCFunction;

/** Collects garbage now. */
export function collectGarbage(type: 'major' | 'minor' = 'major'): void {
  if (type === 'minor') gc({ type });
  else gc(); // with { type: 'major' } it leaves some objects behind
}
