/** Which processes use something: what /proc shows of their descriptors and mappings. */

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';

import { partOf, type Column, type Part } from './kind';
import { commandLineOf, NONE, printable, userText } from './words';

/** A line of /proc/PID/maps. */
interface Mapped {
  device: number;
  inode: number;
  path: string;
}

/** What to look for. */
export interface Sought {
  /** A System V segment, which has an inode in each IPC namespace. */
  segment?: number;
  /** How often the kernel says that it is attached. */
  attachments?: number;
  /** A file by its path, device and inode. */
  path?: string;
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
  const line = printable([command, ...words].join(' ').slice(0, 2 * mostShown));
  return line.length > mostShown ? `${line.slice(0, mostShown)}...` : line;
}

/** Those who use it now, as far as this user may look. */
export function usersPart(sought: Sought): Part {
  const users: User[] = [];
  const notes: string[] = [];
  let hidden = 0;
  const pids = processes();
  const isShown = pids.includes(process.pid);
  if (!isShown) notes.push('not to be seen: there is no /proc of this PID namespace');
  for (const pid of isShown ? pids : []) {
    const user = pid === process.pid ? undefined : lookInto(pid, sought);
    if (user === 'hidden') hidden++;
    else if (user !== undefined) users.push(user);
  }
  if (hidden > 0) notes.push(`processes that this user may not look into: ${String(hidden)}`);
  const seen = users.reduce((sum, { mappings }) => sum + mappings, 0);
  if (sought.attachments !== undefined && sought.attachments > seen) {
    notes.push(`attached ${String(sought.attachments)} times, seen here: ${String(seen)}`);
  }
  return partOf('users', 'Used by', columns, isShown ? users : null, notes);
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
    const maps = readFileSync(`${folder}/maps`, 'latin1');
    if (maps === '') return undefined; // a thread of the kernel
    const mappings = mappingsOf(maps, folder, sought);
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

/** What a process has attached is shown as a file /SYSV<key>, of which the inode is the identifier. */
function mappingsOf(maps: string, folder: string, { segment, file }: Sought): number {
  const found = mapsOf(maps).filter(({ device, inode, path: mapped }) =>
    segment === undefined
      ? inode === file?.ino && device === file.dev
      : inode === segment && mapped.startsWith('/SYSV'),
  );
  return segment === undefined || found.length === 0 || sharesIpc(folder) ? found.length : 0;
}

function sharesIpc(folder: string): boolean {
  return readlinkSync(`${folder}/ns/ipc`) === readlinkSync('/proc/self/ns/ipc');
}

function mapsOf(text: string): Mapped[] {
  return [...text.matchAll(/^\S+ \S+ \S+ ([0-9a-f]+):([0-9a-f]+) (\d+) *(.*)$/gm)].map(
    ([, major = '', minor = '', inode, mapped = '']) => ({
      device: deviceOf(parseInt(major, 16), parseInt(minor, 16)),
      inode: Number(inode),
      path: mapped,
    }),
  );
}

/** As makedev(3). */
function deviceOf(major: number, minor: number): number {
  return (minor & 0xff) + major * 0x100 + (minor & ~0xff) * 0x1000;
}

function descriptorsOf(folder: string, sought: Sought): number[] {
  if (sought.file === undefined) return [];
  return readdirSync(`${folder}/fd`)
    .filter((fd) => isFile(`${folder}/fd/${fd}`, sought))
    .map(Number);
}

/** The link first: to ask for the file of another one may wait for a file system that does not answer. */
function isFile(link: string, { path: wanted = '', file }: Sought): boolean {
  try {
    const target = readlinkSync(link).replace(/ \(deleted\)$/, '');
    if (path.basename(target) !== path.basename(wanted)) return false;
    const { dev, ino } = statSync(link);
    return dev === file?.dev && ino === file.ino;
  } catch {
    return false; // closed meanwhile
  }
}
