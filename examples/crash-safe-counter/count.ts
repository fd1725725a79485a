import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { memory } from 'posix-ipc';
import { NoCompiler } from '../support/compile';
import { type Launch, Incrementer, cProgram, nodeProcess } from './incrementer';
import { Ledger, NOBODY, SIZE } from './ledger';
import { type Counted, type Row, formatTable } from './report';

/** Milliseconds that all work, before one of them is killed; at most. */
const PAUSE = 20;

interface Kind {
  name: string;
  launch: Launch;
}

/** Whether the counter was right in the end. */
export async function count(seconds: number, interrupted: AbortSignal): Promise<boolean> {
  const kinds: Kind[] = [
    { name: 'Node process, lockSync()', launch: nodeProcess(0, 'sync') },
    { name: 'Node process, lock()', launch: nodeProcess(1, 'promise') },
  ];
  let close = (): void => undefined;
  try {
    const program = await cProgram(2, interrupted);
    close = program.close;
    kinds.push({ name: 'C program', launch: program.launch });
  } catch (error) {
    if (!(error instanceof NoCompiler)) throw error;
    console.log(`crash-safe counter -> C program: skipped, ${error.message}`);
  }
  console.log(
    `${String(kinds.length)} processes increment one counter; one after another is killed`,
  );
  try {
    const counted = await countWith(kinds, seconds, interrupted);
    console.log(formatTable(counted));
    return counted.rows.reduce((sum, { committed }) => sum + committed, 0) === counted.counter;
  } finally {
    close();
  }
}

async function countWith(
  kinds: readonly Kind[],
  seconds: number,
  interrupted: AbortSignal,
): Promise<Counted> {
  using file = memory.memfdSync('crash-safe-counter', { size: SIZE });
  using mapping = file.mapSync();
  using ledger = new Ledger(mapping, process.pid, { create: true, fair: true });
  const failure = new AbortController();
  const incrementers: Incrementer[] = [];
  try {
    for (const { launch } of kinds) {
      const start = (): ChildProcess => launch(file.fd);
      incrementers.push(
        new Incrementer(start, (reason) => {
          failure.abort(reason);
        }),
      );
    }
    const signal = AbortSignal.any([interrupted, failure.signal]);
    await killSome(incrementers, ledger, seconds, signal);
    ledger.stop();
    for (const incrementer of incrementers) await incrementer.ended();
    signal.throwIfAborted();
  } catch (error) {
    interrupted.throwIfAborted();
    failure.signal.throwIfAborted();
    throw error;
  } finally {
    for (const incrementer of incrementers) await incrementer.kill();
  }
  const rows = kinds.map(({ name }, i): Row => ({
    name,
    kills: incrementers[i]?.kills ?? 0,
    committed: ledger.committed(i),
    recoveries: ledger.recoveries(i),
    takenBack: ledger.takenBack(i),
  }));
  return { rows, counter: ledger.counter };
}

/** Kills one after another, when all are at work: at random instants, and every other in its increment. */
async function killSome(
  incrementers: readonly Incrementer[],
  ledger: Ledger,
  seconds: number,
  signal: AbortSignal,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  const before = incrementers.map(() => 0);
  const hasWorked = (count: number, i: number): boolean => ledger.committed(i) > count;
  for (let kills = 0; performance.now() < end; kills++) {
    const victim = kills % incrementers.length;
    while (!before.every(hasWorked)) await sleep(1, undefined, { signal });
    await sleep(Math.random() * PAUSE, undefined, { signal });
    if (kills % 2 === 0) {
      ledger.halt(victim);
      while (!ledger.hasHalted(victim)) await sleep(1, undefined, { signal });
    }
    await incrementers[victim]?.killAndRestart();
    ledger.halt(NOBODY);
    before[victim] = ledger.committed(victim);
  }
}
