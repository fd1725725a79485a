import { native } from '../native';
import { permOf, type IpcPerm } from './ipc-perm';

/** struct semid_ds of semctl(2); times in seconds. */
export interface SemidDs {
  sem_perm: IpcPerm;
  sem_otime: number;
  sem_ctime: number;
  sem_nsems: number;
}

/** struct seminfo of semctl(2): IPC_INFO gives the limits, SEM_INFO what is used. */
export interface SemInfo {
  semmap: number;
  semmni: number;
  semmns: number;
  semmnu: number;
  semmsl: number;
  semopm: number;
  semume: number;
  semusz: number;
  semvmx: number;
  semaem: number;
}

const values = new Float64Array(16);

function value(index: number): number {
  return values[index] ?? 0;
}

/** A command that answers one number, or its negated errno. `number` is the semaphore's. */
export function semctlValue(semid: number, number: number, command: number, set = 0): number {
  return native.semctl(semid, number, command, set, values);
}

/** A command that fills semid_ds: its result or negated errno, and the struct. */
export function semctlStatus(semid: number, command: number): [result: number, ds: SemidDs] {
  const result = native.semctl(semid, 0, command, 0, values);
  return [
    result,
    {
      sem_perm: permOf(values),
      sem_otime: value(7),
      sem_ctime: value(8),
      sem_nsems: value(9),
    },
  ];
}

/** A command that fills seminfo: its result (the highest used index) or negated errno, and the struct. */
export function semctlInfo(command: number, semid = 0): [result: number, info: SemInfo] {
  const result = native.semctl(semid, 0, command, 0, values);
  return [
    result,
    {
      semmap: value(0),
      semmni: value(1),
      semmns: value(2),
      semmnu: value(3),
      semmsl: value(4),
      semopm: value(5),
      semume: value(6),
      semusz: value(7),
      semvmx: value(8),
      semaem: value(9),
    },
  ];
}

/** IPC_SET: what it sets, and nothing else of the struct. */
export function semctlSet(
  semid: number,
  command: number,
  uid: number,
  gid: number,
  mode: number,
): number {
  values.set([uid, gid, mode]);
  return native.semctl(semid, 0, command, 0, values);
}
