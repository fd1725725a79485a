/** Direct channels that are gone after the test. Importing this registers the clean-up. */

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';

import { channel } from 'posix-ipc';

type Options = Parameters<typeof channel.direct>[1];

const met: channel.Direct[] = [];

afterEach(() => {
  for (const one of met) one.close();
  const left = met.filter(({ name }) => isNamed(name));
  met.length = 0;
  expect(left.map(({ name }) => name)).toEqual([]);
});

export function isNamed(name: string): boolean {
  return existsSync(`/dev/shm${name}`);
}

export function directName(): string {
  return `/posix-ipc-test-direct-${randomBytes(8).toString('hex')}`;
}

/** It is closed after the test. */
export async function meet(target: number | string, options?: Options): Promise<channel.Direct> {
  const one = await channel.direct(target, options);
  met.push(one);
  return one;
}

/** Both ends in this thread. */
export function meetBoth(options?: Options): Promise<[channel.Direct, channel.Direct]> {
  const name = directName();
  return Promise.all([meet(name, options), meet(name, options)]);
}

export function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}
