/** Rows that need another process: another user, another namespace, a thread that blocks. */

import path from 'node:path';

import type { sysv } from 'posix-ipc';

import { mainThreadBlockedIn, untilBlockedIn, type BlockingCall } from '../support/blocked';
import { Peer, startC, startNode } from '../support/processes';
import { waitUntil } from '../support/wait-until';

const fixture = 'conformance-msg';
const program = path.resolve(__dirname, `../../dist-programs/test/fixtures/${fixture}.js`);

/** The C column. */
export async function inC(row: string): Promise<string> {
  const output = await (await startC(fixture, [row])).success();
  return output.trimEnd();
}

/** A call of the fixture by a user that owns nothing. */
export function asNobody(call: string, key: number): Promise<string> {
  return startNode(fixture, ['nobody', call, String(key)]).line();
}

/** A call of the fixture where there is no other queue. */
export function inOwnNamespace(call: string): Promise<string> {
  return new Peer('unshare', ['--ipc', process.execPath, program, 'root', call]).line();
}

function start(call: string, { key }: sysv.MessageQueue): Peer {
  return startNode(fixture, ['self', call, String(key)]);
}

/** A call of the fixture that blocks its only thread; meanwhile something happens. */
export async function whileBlocked(
  call: BlockingCall,
  queue: sysv.MessageQueue,
  happen: (pid: number) => void,
): Promise<string> {
  const peer = start(call, queue);
  await waitUntil(`${call} blocks`, () => mainThreadBlockedIn(call, peer.pid, queue.id));
  happen(peer.pid);
  return peer.line();
}

/** A promise of the class is pending; meanwhile something happens. */
export async function whilePending<T>(
  call: BlockingCall,
  queue: sysv.MessageQueue,
  pending: Promise<T>,
  happen: () => void,
): Promise<T> {
  await untilBlockedIn(call, process.pid, queue.id);
  happen();
  return pending;
}

/** A promise of the class is pending in the fixture, which gets a signal; afterwards it is served. */
export async function acrossSignal(
  call: BlockingCall,
  method: 'receive' | 'send',
  queue: sysv.MessageQueue,
  serve: () => void,
): Promise<string> {
  const peer = start(method, queue);
  await untilBlockedIn(call, peer.pid, queue.id);
  peer.kill('SIGUSR2');
  const first = await peer.line();
  serve();
  return `${first}, then ${await peer.line()}`;
}
