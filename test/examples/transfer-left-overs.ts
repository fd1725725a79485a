/** What a transfer has left in the kernel and in the file system. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';

import { posix, SystemError } from 'posix-ipc';
import { GETPID, semctl } from 'posix-ipc/syscalls';

import { waitUntil } from '../support/wait-until';
import { temporaryFolder } from './transfers';
import { isRunning, readProc, type UnderWay } from './under-way';

/** The rows of /proc/sysvipc/`kind`, each a number per column. */
function systemV(kind: 'msg' | 'sem' | 'shm'): Record<string, number>[] {
  const [head = [], ...rows] = readFileSync(`/proc/sysvipc/${kind}`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return rows.map((row) =>
    Object.fromEntries(head.map((column, index) => [column, Number(row[index])])),
  );
}

/** The System V queue that this process has sent to. */
export function queueOf(sender: number): number | undefined {
  return systemV('msg').find(({ lspid }) => lspid === sender)?.['msqid'];
}

/** Who used a semaphore last; none if the set has just gone. */
function lastUser(semid: number, index: number): number {
  try {
    return semctl(semid, index, GETPID);
  } catch {
    return 0;
  }
}

/** The System V objects that these processes have used. */
function systemVOf(pids: number[]): string[] {
  const isTheirs = (pid: number | undefined): boolean => pid !== undefined && pids.includes(pid);
  const queues = systemV('msg').filter(({ lspid, lrpid }) => isTheirs(lspid) || isTheirs(lrpid));
  const segments = systemV('shm').filter(({ cpid, lpid }) => isTheirs(cpid) || isTheirs(lpid));
  const sets = systemV('sem').filter(({ semid = -1, nsems = 0 }) =>
    Array.from({ length: nsems }, (_, index) => lastUser(semid, index)).some(isTheirs),
  );
  return [
    ...queues.map(({ msqid }) => `queue ${String(msqid)}`),
    ...segments.map(({ shmid }) => `segment ${String(shmid)}`),
    ...sets.map(({ semid }) => `set ${String(semid)}`),
  ];
}

/** The names that these processes have made in the file systems of POSIX objects, as far as those can be seen. */
function namesOf(pids: number[]): string[] {
  const folders = ['/dev/shm', '/dev/mqueue'].filter((folder) => existsSync(folder));
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => pids.some((pid) => name.includes(`file-transfer-${String(pid)}-`)))
      .map((name) => `${folder}/${name}`),
  );
}

/** The POSIX queues of a transfer. Where /dev/mqueue is not mounted one has to ask for their names. */
function queuesOf({ id, address }: UnderWay): string[] {
  if (id !== 'posix-queue') return [];
  return [`${address}.there`, `${address}.back`].filter((name) => {
    try {
      posix.MessageQueue.openSync(name).close();
      return true;
    } catch (error) {
      if (error instanceof SystemError && error.code === 'ENOENT') return false;
      throw error;
    }
  });
}

export function expectNothingLeft(underWay: UnderWay): void {
  const pids = [underWay.sender, underWay.receiver];
  const names = [...namesOf(pids), ...readdirSync(temporaryFolder()), ...queuesOf(underWay)];
  expect([...systemVOf(pids), ...names]).toEqual([]);
  expect(isRunning(underWay.receiver)).toBe(false);
}

/** The same where no receiver is known, and a compiler may just be ending. */
export async function expectNothingOf(sender: number): Promise<void> {
  const folder = temporaryFolder();
  await waitUntil('the end of all processes', () => programsIn(folder).length === 0);
  expect([...systemVOf([sender]), ...namesOf([sender]), ...readdirSync(folder)]).toEqual([]);
}

/** The processes whose temporary files go to a folder. */
function programsIn(folder: string): string[] {
  return readdirSync('/proc').filter(
    (name) =>
      /^\d+$/.test(name) && readProc(Number(name), 'environ').includes(`\0TMPDIR=${folder}`),
  );
}
