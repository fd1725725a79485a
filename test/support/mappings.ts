/** Mappings that are closed after the test. Importing this registers the clean-up. */

import { memory } from 'posix-ipc';

const opened = new Set<memory.Mapping>();

afterEach(() => {
  for (const mapping of opened) mapping.close();
  opened.clear();
});

/** Closes the mapping after the test. */
export function adoptMapping(mapping: memory.Mapping): memory.Mapping {
  opened.add(mapping);
  return mapping;
}

export function mapped(...args: Parameters<typeof memory.mapSync>): memory.Mapping {
  return adoptMapping(memory.mapSync(...args));
}

export function anonymous(
  length: number,
  options?: Partial<memory.AnonymousOptions>,
): memory.Mapping {
  return adoptMapping(memory.mapAnonymousSync({ length, ...options }));
}
