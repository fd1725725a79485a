/** The descriptors of this process, each told from those that had its number before. */

import { readdirSync, readlinkSync } from 'node:fs';

/** Its number and what it leads to; no counting: a forgotten one of another test may go at any time. */
function descriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [`${fd} ${readlinkSync(`/proc/self/fd/${fd}`)}`];
    } catch {
      return []; // the one that readdir had
    }
  });
}

/** Remembers which are open; the answer tells those that were opened since, and still are. */
export function descriptorsSince(): () => string[] {
  const before = new Set(descriptors());
  return () => descriptors().filter((each) => !before.has(each));
}
