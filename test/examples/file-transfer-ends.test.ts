import { truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { sysv } from 'posix-ipc';

import { waitUntil } from '../support/wait-until';
import {
  BUFFER_ROWS,
  corruptSlots,
  digestsOf,
  end,
  expectNothingLeft,
  expectNothingOf,
  isRunning,
  LARGE,
  MAIN,
  makeFile,
  makeLargeFile,
  NAMES,
  onlyFor,
  queueOf,
  RECEIVERS,
  ROWS,
  run,
  start,
  startLarge,
  testFile,
  untilFull,
  untilStarted,
} from './transfers';

function openQueueOf(sender: number): sysv.MessageQueue {
  return sysv.MessageQueue.fromIdSync(queueOf(sender) ?? -1);
}

describe('a transfer that goes wrong', () => {
  test.each(RECEIVERS)('a lost message is noticed (%s)', async (receiver) => {
    const { program, underWay } = await startLarge('sysv-queue', receiver);
    await untilFull(underWay);
    const thief = openQueueOf(program.pid);
    await waitUntil('a data message', () => thief.tryReceive({ type: 2 }) !== undefined);
    thief.close();
    process.kill(underWay.receiver, 'SIGCONT');
    const { code, stdout } = await end(program);
    expect(code).toBe(1);
    expect(digestsOf(stdout)).toEqual(onlyFor(receiver, 'DIFFERENT'));
    expectNothingLeft(underWay);
  });

  test.each(BUFFER_ROWS)('a changed byte is noticed (%s, %s)', async (id, receiver) => {
    const { program, underWay } = await startLarge(id, receiver);
    await untilFull(underWay);
    corruptSlots(underWay, id);
    process.kill(underWay.receiver, 'SIGCONT');
    const { code, stdout } = await end(program);
    expect(digestsOf(stdout)).toEqual(onlyFor(receiver, 'DIFFERENT'));
    expect(code).toBe(1);
    expectNothingLeft(underWay);
  });

  test.each(ROWS)('a killed receiver fails its row alone (%s, %s)', async (id, receiver) => {
    const { program, underWay } = await startLarge(id, receiver);
    process.kill(underWay.receiver, 'SIGKILL');
    const { code, stdout, stderr } = await end(program);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^[^\n]* -> .*: the receiver was killed by SIGKILL\n$/);
    expect(stderr).toContain(`${NAMES[id]} -> `);
    expect(digestsOf(stdout)).toEqual(onlyFor(receiver, 'failed'));
    expectNothingLeft(underWay);
  });

  test('a removed queue fails its row alone', async () => {
    const { program, underWay } = await startLarge('sysv-queue', 'node');
    const intruder = openQueueOf(program.pid);
    intruder.removeSync();
    intruder.close();
    const { code, stdout, stderr } = await end(program);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^System V queue -> Node process: .*\n$/);
    expect(digestsOf(stdout)).toEqual(onlyFor('node', 'failed'));
    expectNothingLeft(underWay);
  });

  test('a file that grows meanwhile is not called equal', async () => {
    const { program, underWay } = await startLarge('sysv-queue', 'node');
    truncateSync(testFile(), LARGE + 1);
    const { code, stdout, stderr } = await end(program);
    expect(code).toBe(1);
    expect(stderr).toContain('changed while it was sent');
    expect(digestsOf(stdout)[0]).toBe('failed');
    expectNothingLeft(underWay);
  });
});

describe('an interrupted transfer', () => {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const table = ROWS.filter(([, receiver]) => receiver === 'node').flatMap(([id]) =>
    signals.map((signal) => [signal, id] as const),
  );

  test.each(table)('%s leaves nothing (%s)', async (signal, id) => {
    const { program, underWay } = await startLarge(id, 'node');
    await untilFull(underWay);
    program.kill(signal);
    program.kill(signal); // npm can pass it on once more
    const outcome = await end(program);
    expect(outcome.stderr).toBe(`file-transfer: interrupted by ${signal}\n`);
    expect(outcome.signal).toBe(signal);
    expectNothingLeft(underWay);
  });

  test('nothing is left at whatever moment it comes', async () => {
    const file = makeFile(Buffer.alloc(4 * 1024 * 1024));
    for (let round = 0; round < 12; round++) {
      const program = start([file]);
      const moment = Math.random() * 2500;
      await Promise.race([sleep(moment), program.ended]);
      program.kill(round % 2 === 0 ? 'SIGINT' : 'SIGTERM');
      const { stderr } = await end(program);
      // Before the program has begun, and after its end, a signal says nothing.
      expect(stderr).toMatch(/^(file-transfer: interrupted by SIG(INT|TERM)\n)?$/);
      await expectNothingOf(program.pid);
    }
  });

  test('nothing is left either where nobody reads the output any more', async () => {
    const command = '{ "$@"; echo "exit code $?" >&2; } | head -n 1';
    const shell = run('sh', ['-c', command, 'sh', process.execPath, MAIN, makeLargeFile()]);
    const { stdout, stderr } = await end(shell);
    expect(stdout).toMatch(/^Sending .*\n$/);
    expect(stderr).toBe('file-transfer: interrupted by SIGPIPE\nexit code 1\n');
    await expectNothingOf(shell.pid);
  });
});

describe('a killed sender', () => {
  test.each(ROWS)('leaves nothing (%s, %s)', async (id, receiver) => {
    const { program, underWay } = await startLarge(id, receiver);
    program.kill('SIGKILL');
    await end(program);
    await waitUntil('the end of the receiver', () => !isRunning(underWay.receiver));
    expectNothingLeft(underWay);
  });

  test.each(ROWS)('leaves nothing at the start of %s, %s', async (id, receiver) => {
    const program = start([makeLargeFile(), '--transport', id]);
    const started = await untilStarted(program.pid, id, receiver);
    process.kill(started.receiver, 'SIGSTOP');
    program.kill('SIGKILL');
    await waitUntil('the end of the sender', () => !isRunning(program.pid));
    process.kill(started.receiver, 'SIGCONT');
    await waitUntil('the end of the receiver', () => !isRunning(started.receiver));
    expectNothingLeft(started);
  });

  const nameless = BUFFER_ROWS.filter(([id]) => id !== 'sysv-shm');

  test.each(nameless)('leaves nothing with its receiver (%s, %s)', async (id, receiver) => {
    const { program, underWay } = await startLarge(id, receiver);
    await untilFull(underWay);
    program.kill('SIGKILL');
    process.kill(underWay.receiver, 'SIGKILL');
    await end(program);
    await waitUntil('the end of the receiver', () => !isRunning(underWay.receiver));
    expectNothingLeft(underWay);
  });
});
