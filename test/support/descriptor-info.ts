/** What /proc tells of descriptors, and of what may be gone by now. */

import { fstatSync, readFileSync, readlinkSync } from 'node:fs';

/** Text about a descriptor, a thread or a process; empty where it has just been closed, or has ended. */
export function textOf(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

export function infoOf(pid: number, fd: string | number): string {
  return textOf(() => readFileSync(`/proc/${String(pid)}/fdinfo/${String(fd)}`, 'latin1'));
}

export function linkOf(pid: number, fd: string | number): string {
  return textOf(() => readlinkSync(`/proc/${String(pid)}/fd/${String(fd)}`));
}

/** The number by which the kernel tells one eventfd of this process from another. */
export function eventfdId(fd: number): number {
  return Number(/^eventfd-id:\s*(\d+)$/m.exec(infoOf(process.pid, fd))?.[1]);
}

/** The number of a socket's inode. */
export function socketId(fd: number): number {
  return fstatSync(fd).ino;
}

/**
 * Whether a descriptor of a process is the one with a number: at the end of its file's name, the
 * inode of a socket, the number of an eventfd, the process of a pidfd, the signal of a signalfd.
 */
export function isNumbered(pid: number, fd: string, id: number): boolean {
  const link = linkOf(pid, fd);
  if (link.endsWith(`-${String(id)}`) || link === `socket:[${String(id)}]`) return true;
  const info = infoOf(pid, fd);
  const isEventfd = new RegExp(`^eventfd-id:\\s*${String(id)}$`, 'm').test(info);
  const isProcess = new RegExp(`^Pid:\\s*${String(id)}$`, 'm').test(info);
  return isEventfd || isProcess || isSignal(info, id);
}

const mostSignals = 64;

function isSignal(info: string, signal: number): boolean {
  const mask = /^sigmask:\s*([0-9a-f]+)$/m.exec(info)?.[1];
  if (mask === undefined || signal < 1 || signal > mostSignals) return false;
  return BigInt(`0x${mask}`) === 1n << BigInt(signal - 1);
}
