/**
 * Numbers that go from some processes to others through a small buffer:
 *
 *     main make FILE
 *     main put FILE FROM TO    # in as many processes as there are
 *     main take FILE           # prints what it takes, until that is 0
 */

import { truncateSync, writeFileSync } from 'node:fs';

import { memory } from 'posix-ipc';

import { run, UsageError } from '../support/program';
import { bufferBytes, BoundedBuffer } from './buffer';

const [command, file, from = '1', to = '10'] = process.argv.slice(2);

run('bounded-buffer', async (interrupted) => {
  const usage = new UsageError('usage: main make|put|take FILE [FROM TO]');
  const [first, last] = [Number(from), Number(to)];
  if (file === undefined || !Number.isInteger(first) || !Number.isInteger(last)) throw usage;
  const open = (create: boolean): BoundedBuffer =>
    new BoundedBuffer(memory.mapSync(file, { access: 'write' }), create);
  if (command === 'make') {
    writeFileSync(file, '');
    truncateSync(file, bufferBytes);
    open(true);
  } else if (command === 'put') {
    const buffer = open(false);
    for (let number = first; number <= last; number++) await buffer.put(number, interrupted);
  } else if (command === 'take') {
    const buffer = open(false);
    for (let number = NaN; number !== 0;) {
      number = await buffer.take(interrupted);
      console.log(number);
    }
  } else {
    throw usage;
  }
  return 0;
});
