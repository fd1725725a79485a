/** Which processes use something: what /proc shows of their descriptors and mappings. */

import { readdirSync, readFileSync, statSync } from 'node:fs';

import { partOf, type Column, type Part } from './kind';
import { commandLineOf, NONE, userText } from './words';

/** A line of /proc/PID/maps. */
interface Mapped {
  device: number;
  inode: number;
  path: string;
}

/** What to look for. */
export interface Sought {
  isMapped?: (map: Mapped) => boolean;
  /** A file by its device and inode. */
  file?: { dev: number; ino: number };
}

interface User {
  pid: number;
  command: string;
  arguments: string[];
  uid: number;
  /** How often it is mapped. */
  mappings: number;
  descriptors: number[];
}

const columns: readonly Column<User>[] = [
  { header: 'pid', text: ({ pid }) => String(pid), right: true },
  { header: 'user', text: ({ uid }) => userText(uid) },
  { header: 'mapped', text: ({ mappings }) => String(mappings), right: true },
  { header: 'descriptors', text: ({ descriptors }) => descriptors.join(' ') || NONE },
  { header: 'command', text: lineText },
];

/** Of a command line. */
const mostShown = 60;

function lineText({ command, arguments: words }: User): string {
  const line = [command, ...words].join(' ');
  return line.length > mostShown ? `${line.slice(0, mostShown)}...` : line;
}

/** Those who use it now, as far as this user may look. */
export function usersPart(sought: Sought): Part {
  const users: User[] = [];
  const notes: string[] = [];
  let hidden = 0;
  const pids = processes();
  if (!pids.includes(process.pid)) notes.push('not to be seen: there is no /proc');
  for (const pid of pids) {
    const user = pid === process.pid ? undefined : lookInto(pid, sought);
    if (user === 'hidden') hidden++;
    else if (user !== undefined) users.push(user);
  }
  if (hidden > 0) notes.push(`processes that this user may not look into: ${String(hidden)}`);
  return partOf('users', 'Used by', columns, users, notes);
}

function processes(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function lookInto(pid: number, sought: Sought): User | 'hidden' | undefined {
  const folder = `/proc/${String(pid)}`;
  try {
    const mappings = mappingsOf(folder, sought);
    const descriptors = descriptorsOf(folder, sought);
    if (mappings === 0 && descriptors.length === 0) return undefined;
    const { uid } = statSync(folder);
    const [command = 'gone', ...words] = commandLineOf(pid) ?? [];
    return { pid, command, arguments: words, uid, mappings, descriptors };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') return 'hidden';
    if (code === 'ENOENT' || code === 'ESRCH') return undefined; // it has ended meanwhile
    throw error;
  }
}

function mappingsOf(folder: string, { isMapped, file }: Sought): number {
  const isIt = isMapped ?? (({ device, inode }) => inode === file?.ino && device === file.dev);
  return mapsOf(readFileSync(`${folder}/maps`, 'latin1')).filter(isIt).length;
}

function mapsOf(text: string): Mapped[] {
  return [...text.matchAll(/^\S+ \S+ \S+ ([0-9a-f]+):([0-9a-f]+) (\d+) *(.*)$/gm)].map(
    ([, major = '', minor = '', inode, path = '']) => ({
      device: deviceOf(parseInt(major, 16), parseInt(minor, 16)),
      inode: Number(inode),
      path,
    }),
  );
}

/** As makedev(3). */
function deviceOf(major: number, minor: number): number {
  return (minor & 0xff) + major * 0x100 + (minor & ~0xff) * 0x1000;
}

function descriptorsOf(folder: string, { file }: Sought): number[] {
  if (file === undefined) return [];
  return readdirSync(`${folder}/fd`)
    .filter((fd) => isFile(`${folder}/fd/${fd}`, file))
    .map(Number);
}

function isFile(link: string, file: { dev: number; ino: number }): boolean {
  try {
    const { dev, ino } = statSync(link);
    return dev === file.dev && ino === file.ino;
  } catch {
    return false; // closed meanwhile
  }
}
