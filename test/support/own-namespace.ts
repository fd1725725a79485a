/** Programs that see no objects and processes but their own, which go with them. */

import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { Peer } from './processes';
import { runDirectory } from './run-directory';

const programs = path.resolve(__dirname, '../../dist-programs/test/fixtures');

function mount(size: string): string {
  return `mount -t tmpfs -o size=${size} tmpfs /dev/shm`;
}

/** How this user gets namespaces; undefined: not at all. */
const unshare = [[], ['--user', '--map-root-user']]
  .map((options) => [
    ...options,
    '--mount',
    '--ipc',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
  ])
  .find((options) => {
    const args = [...options, 'sh', '-c', mount('1m')];
    return spawnSync('unshare', args, { stdio: 'ignore' }).status === 0;
  });

export const mayUnshare = unshare !== undefined;

/**
 * Runs test/fixtures/NAME.ts with a /dev/shm of that size. Its standard input and output can be read
 * without waiting: they are files.
 */
export function startApart(name: string, size: string, execArgv: string[] = []): Peer {
  const output = path.join(runDirectory(), `${name}-${randomUUID()}`);
  const command = `${mount(size)} && { "$@" <"$0" >"$0"; code=$?; cat "$0"; exit $code; }`;
  const program = [process.execPath, ...execArgv, path.join(programs, `${name}.js`)];
  writeFileSync(output, '');
  return new Peer('unshare', [...(unshare ?? []), 'sh', '-c', command, output, ...program]);
}

/** Runs test/fixtures/NAME.ts, which sees no process but itself. */
export function startAlone(name: string, args: string[]): Peer {
  const program = path.join(programs, `${name}.js`);
  return new Peer('unshare', [...(unshare ?? []), process.execPath, program, ...args]);
}

/** Runs test/fixtures/NAME.ts where the names of POSIX queues are to be seen. */
export function startWithQueueNames(name: string): Peer {
  const folder = path.join(runDirectory(), `queues-${randomUUID()}`);
  mkdirSync(folder);
  const command = 'mount -t mqueue none "$0" && exec "$@"';
  const program = [process.execPath, path.join(programs, `${name}.js`)];
  return new Peer('unshare', [...(unshare ?? []), 'sh', '-c', command, folder, ...program]);
}

/** Runs test/fixtures/NAME.ts where /proc is empty. */
export function startWithoutProc(name: string, args: string[]): Peer {
  const user = unshare?.includes('--user') === true ? ['--user', '--map-root-user'] : [];
  const command = 'mount -t tmpfs tmpfs /proc && exec "$0" "$@"';
  const program = [process.execPath, path.join(programs, `${name}.js`), ...args];
  return new Peer('unshare', [...user, '--mount', 'sh', '-c', command, ...program]);
}

/** Runs a program that has the first process id of a namespace of its own, and nothing else of its own. */
export function startInPidNamespace(program: string, args: string[]): Peer {
  const user = unshare?.includes('--user') === true ? ['--user', '--map-root-user'] : [];
  const options = [...user, '--pid', '--fork', '--kill-child'];
  // No sanitizer, as in startC.
  const env = { ...process.env, LD_PRELOAD: '', POSIX_IPC_ADDON: undefined };
  return new Peer('unshare', [...options, program, ...args], { env });
}
