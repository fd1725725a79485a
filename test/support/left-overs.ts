/**
 * Fails the run of the suite if it leaves anything behind: System V objects, files in /dev/shm and
 * /dev/mqueue and beside package.json, where relative names end up, processes.
 *
 * Others may use the machine at the same time. Every process of a run inherits a mark in its
 * environment, so a process can be told to be ours. For an object the kernel gives the pids that
 * used it last, if any: one whose user is alive and bears no mark of ours is not ours. What nobody
 * can be asked about is ours if it is new and stays, unless another run of the suite is going on.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const root = path.resolve(__dirname, '../..');
const MARK = 'POSIX_IPC_TEST_RUN';
/** Ends of processes and clean-ups by others take a moment, and more on a loaded machine. */
const GRACE = 30_000;

interface KernelObject {
  /** What it is and how it is found. */
  readonly name: string;
  /** The processes known to have used it. */
  readonly pids: readonly number[];
}

interface Leftover {
  readonly description: string;
  /** Whether it can only have come from this run. */
  readonly isCertain: boolean;
}

let before: ReadonlySet<string> | undefined;

/** Remembers what is there, and marks this process and those it will start. */
export function beginRun(): void {
  before = new Set(objects().map(({ name }) => name));
  process.env[MARK] = randomUUID();
}

/** Throws an error that names what this run has left. */
export async function endRun(): Promise<void> {
  const until = performance.now() + GRACE;
  let left = leftovers();
  while (left.length > 0 && performance.now() < until) {
    await sleep(100);
    left = leftovers();
  }
  const isShared = processesWith(MARK).some(({ mark }) => mark !== process.env[MARK]);
  const sure = left.filter(({ isCertain }) => isCertain || !isShared);
  for (const { description } of left.filter((one) => !sure.includes(one))) {
    console.warn(`Perhaps left by this run, perhaps in use by another one: ${description}`);
  }
  if (sure.length > 0) {
    const list = sure.map(({ description }) => `\n  ${description}`).join('');
    throw new Error(`The tests left behind:${list}`);
  }
}

function leftovers(): Leftover[] {
  const running = processes();
  const ours = new Set([process.pid, ...running.map(({ pid }) => pid)]);
  const made = objects().filter(({ name }) => before?.has(name) !== true);
  const suspects = made.filter(
    ({ pids }) => pids.some((pid) => ours.has(pid)) || !pids.some(isAlive),
  );
  return [
    ...running.map(({ pid, command }) => ({
      description: `process ${String(pid)}: ${command}`,
      isCertain: true,
    })),
    ...suspects.map(({ name, pids }) => ({
      description: pids.length > 0 ? `${name}, last used by process ${pids.join(' and ')}` : name,
      isCertain: pids.some((pid) => ours.has(pid)),
    })),
  ];
}

/** Our processes other than this one. */
function processes(): { pid: number; command: string }[] {
  return processesWith(MARK).filter(
    ({ pid, mark }) => mark === process.env[MARK] && pid !== process.pid,
  );
}

function processesWith(variable: string): { pid: number; mark: string; command: string }[] {
  const assignment = `${variable}=`;
  return entries('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const marked = read(`/proc/${name}/environ`)
        .split('\0')
        .find((entry) => entry.startsWith(assignment));
      if (marked === undefined) return [];
      const command = read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim();
      return [{ pid: Number(name), mark: marked.slice(assignment.length), command }];
    });
}

/** What lies in the kernel and belongs to this user. */
function objects(): KernelObject[] {
  return [
    ...systemV('msg', 'msqid', ['lspid', 'lrpid']),
    ...systemV('shm', 'shmid', ['cpid', 'lpid']),
    ...systemV('sem', 'semid', []),
    ...files('/dev/shm'),
    ...files('/dev/mqueue'),
    ...files(root).filter(({ name }) => !isFolder(name)), // those are made by builds
  ];
}

/** The rows of /proc/sysvipc/`kind`. */
function systemV(kind: string, id: string, pids: string[]): KernelObject[] {
  const [header = [], ...rows] = read(`/proc/sysvipc/${kind}`)
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return rows.flatMap((row) => {
    const field = (name: string): string => row[header.indexOf(name)] ?? '';
    if (Number(field('cuid')) !== process.getuid?.()) return [];
    const users = pids.map((name) => Number(field(name))).filter((pid) => pid > 0);
    return [{ name: `System V ${kind}, id ${field(id)}, key ${field('key')}`, pids: users }];
  });
}

/** Files of a folder; one that is not mounted has none that could be seen. */
function files(folder: string): KernelObject[] {
  return entries(folder)
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.uid === process.getuid?.())
    .map((name) => ({ name, pids: [] }));
}

function isFolder(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isAlive(pid: number): boolean {
  return read(`/proc/${String(pid)}/stat`) !== '';
}

/** Empty where it cannot be read: it is gone, or it is not ours. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
