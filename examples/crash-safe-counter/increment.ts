/** One of the processes that increment: increment NUMBER PARENT sync|promise. */
import { setImmediate as turn } from 'node:timers/promises';
import { memory } from 'posix-ipc';
import { DESCRIPTOR, Ledger } from './ledger';

const [number = '', parent = '', form = ''] = process.argv.slice(2);

const PER_TURN = 10;

async function main(): Promise<void> {
  using file = memory.Memfd.fromFdSync(DESCRIPTOR);
  const ledger = new Ledger(file.mapSync(), Number(parent));
  const { mutex } = ledger;
  do {
    for (let i = 0; i < PER_TURN; i++) {
      using guard = form === 'sync' ? mutex.lockSync() : await mutex.lock();
      ledger.increment(Number(number), guard);
    }
    await turn();
  } while (!ledger.stopping && process.ppid === ledger.main);
}

void main();
