/** Rows that need another process: another user, another namespace, a thread that blocks. */

import path from 'node:path';

import { mainThreadBlockedIn, untilBlockedIn, type BlockingCall } from '../support/blocked';
import { Peer, startC, startNode } from '../support/processes';
import { waitUntil } from '../support/wait-until';

const fixture = 'conformance';
const program = path.resolve(__dirname, `../../dist-programs/test/fixtures/${fixture}.js`);

/** The C column. */
export async function inC(row: string): Promise<string> {
  const output = await (await startC(fixture, [row])).success();
  return output.trimEnd();
}

/** A kernel object, as another process finds it, and as it is seen in /proc. */
interface Target {
  /** Its key or its name. */
  key: number | string;
  id: number;
}

/** A call of the fixture by a user that owns nothing. */
export function asNobody(call: string, key: number | string): Promise<string> {
  return startNode(fixture, ['nobody', call, String(key)]).line();
}

/** A call of the fixture in another process, which has ended afterwards. */
export async function inOther(call: string, key: number | string): Promise<string> {
  return (await start(call, { key }).success()).trimEnd();
}

/** A call of the fixture in a process that has few descriptors. */
export function withFewDescriptors(call: string, key: number | string): Promise<string> {
  const command = 'ulimit -n 100; exec "$0" "$@"';
  return new Peer('sh', [
    '-c',
    command,
    process.execPath,
    program,
    'self',
    call,
    String(key),
  ]).line();
}

/** A call of the fixture where there is no other System V object. */
export function inOwnNamespace(call: string): Promise<string> {
  return new Peer('unshare', ['--ipc', process.execPath, program, 'root', call]).line();
}

/** Starts a call of the fixture, which goes on. `descriptors`: what it gets as 3 and on. */
export function start(
  name: string,
  { key }: Pick<Target, 'key'>,
  descriptors: readonly number[] = [],
): Peer {
  return startNode(fixture, ['self', name, String(key)], {}, descriptors);
}

/** A call of the fixture that blocks its only thread; meanwhile something happens. */
export async function whileBlocked(
  call: BlockingCall,
  target: Target,
  happen: (pid: number) => unknown,
  name: string = call,
): Promise<string> {
  const peer = start(name, target);
  await waitUntil(`${name} blocks`, () => mainThreadBlockedIn(call, peer.pid, target.id));
  await happen(peer.pid);
  return peer.line();
}

/** A promise of the class is pending; meanwhile something happens. */
export async function whilePending<T>(
  call: BlockingCall,
  { id }: Pick<Target, 'id'>,
  pending: Promise<T>,
  happen: () => unknown,
): Promise<T> {
  await untilBlockedIn(call, process.pid, id);
  await happen();
  return pending;
}

/** A promise of the class is pending in the fixture, which gets a signal; afterwards it is served. */
export async function acrossSignal(
  call: BlockingCall,
  method: string,
  target: Target,
  serve: () => void,
): Promise<string> {
  const peer = start(method, target);
  await untilBlockedIn(call, peer.pid, target.id);
  return acrossSignalOf(peer, serve);
}

/** A process that waits gets a signal; afterwards it is served. */
export async function acrossSignalOf(peer: Peer, serve: () => void): Promise<string> {
  peer.kill('SIGUSR2');
  const first = await peer.line();
  serve();
  return `${first}, then ${await peer.line()}`;
}
