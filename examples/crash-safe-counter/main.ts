/** Counts in three processes under one mutex, while they are killed: main [SECONDS]. */
import { UsageError, run } from '../support/program';
import { count } from './count';

run('crash-safe-counter', async (interrupted) => {
  const seconds = Number(process.argv[2] ?? 3);
  if (!(seconds > 0)) throw new UsageError('SECONDS must be a number above 0');
  return (await count(seconds, interrupted)) ? 0 : 1;
});
