import { truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { sysv } from 'posix-ipc';

import { waitUntil } from '../support/wait-until';
import { expectNothingLeft, expectNothingOf, queueOf } from './transfer-left-overs';
import { BUFFER_ROWS, corruptSlots } from './transfer-slots';
import {
  digestsOf,
  end,
  IDS,
  LARGE,
  MAIN,
  makeFile,
  makeLargeFile,
  NAMES,
  PEERS,
  type Receiver,
  RECEIVERS,
  ROWS,
  run,
  start,
  testFile,
} from './transfers';
import {
  isRunning,
  startLarge,
  startUpTo,
  type UnderWay,
  untilFull,
  untilStarted,
  untilUnderWay,
} from './under-way';

function openQueueOf(sender: number): sysv.MessageQueue {
  return sysv.MessageQueue.fromIdSync(queueOf(sender) ?? -1);
}

/** What the rows say where the one of this receiver says `digest`: see `startUpTo`. */
function digests(receiver: Receiver, digest: string): string[] {
  return receiver === 'node' ? [digest, 'equal'] : ['failed', digest];
}

describe('a transfer that goes wrong', () => {
  test('a killed receiver fails its row alone', async () => {
    const program = start([makeLargeFile()]);
    const transfers: UnderWay[] = [];
    for (const [id, receiver] of ROWS) {
      const underWay = await untilUnderWay(program.pid, id, receiver);
      process.kill(underWay.receiver, 'SIGKILL');
      transfers.push(underWay);
    }
    const { code, stdout, stderr } = await end(program);
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toEqual(
      ROWS.map(
        ([id, receiver]) =>
          `${NAMES[id]} -> ${PEERS[receiver]}: the receiver was killed by SIGKILL`,
      ),
    );
    expect(digestsOf(stdout)).toEqual(ROWS.map(() => 'failed'));
    for (const underWay of transfers) expectNothingLeft(underWay);
  });

  test('and those after it are as they were', async () => {
    const { program, underWay } = await startLarge('pipe', 'node');
    process.kill(underWay.receiver, 'SIGKILL');
    const { code, stdout } = await end(program);
    expect(code).toBe(1);
    expect(digestsOf(stdout)).toEqual(['failed', 'equal']);
  });

  test.each(RECEIVERS)('a lost message is noticed (%s)', async (receiver) => {
    const { program, underWay } = await startLarge('sysv-queue', receiver);
    await untilFull(underWay);
    const thief = openQueueOf(program.pid);
    await waitUntil('a data message', () => thief.tryReceive({ type: 2 }) !== undefined);
    thief.close();
    process.kill(underWay.receiver, 'SIGCONT');
    const { code, stdout } = await end(program);
    expect(code).toBe(1);
    expect(digestsOf(stdout)).toEqual(digests(receiver, 'DIFFERENT'));
    expectNothingLeft(underWay);
  });

  test.each(BUFFER_ROWS)('a changed byte is noticed (%s, %s)', async (id, receiver) => {
    const { program, underWay } = await startLarge(id, receiver);
    await untilFull(underWay);
    corruptSlots(underWay, id);
    process.kill(underWay.receiver, 'SIGCONT');
    const { code, stdout } = await end(program);
    expect(digestsOf(stdout)).toEqual(digests(receiver, 'DIFFERENT'));
    expect(code).toBe(1);
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
    expect(digestsOf(stdout)).toEqual(['failed', 'equal']);
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

  test('nor is one that is longer than it says, as those of /proc', async () => {
    const { code, stdout, stderr } = await end(start(['/proc/self/status', '-t', 'pipe']));
    expect(code).toBe(1);
    expect(stderr).toContain('/proc/self/status changed while it was sent');
    expect(digestsOf(stdout)).toEqual(['failed', 'failed']);
  });
});

describe('an interrupted transfer', () => {
  test.each(IDS)('Ctrl-C, which the receiver gets too, leaves nothing (%s)', async (id) => {
    const { program, underWay } = await startLarge(id, 'node');
    process.kill(-program.pid, 'SIGINT');
    const { stderr, signal } = await end(program);
    expect(stderr).toBe('file-transfer: interrupted by SIGINT\n');
    expect(signal).toBe('SIGINT');
    expectNothingLeft(underWay);
  });

  test.each(IDS)('SIGTERM leaves nothing where there is no room (%s)', async (id) => {
    const { program, underWay } = await startLarge(id, 'node');
    await untilFull(underWay);
    program.kill('SIGTERM');
    program.kill('SIGTERM'); // npm can pass it on once more
    const { stderr, signal } = await end(program);
    expect(stderr).toBe('file-transfer: interrupted by SIGTERM\n');
    expect(signal).toBe('SIGTERM');
    expectNothingLeft(underWay);
  });

  test.each(IDS)('SIGHUP leaves nothing where nobody has opened it yet (%s)', async (id) => {
    const program = await startUpTo(id, 'node');
    const started = await untilStarted(program.pid, id, 'node');
    process.kill(started.receiver, 'SIGSTOP');
    program.kill('SIGHUP');
    const { stderr, signal } = await end(program);
    expect(stderr).toBe('file-transfer: interrupted by SIGHUP\n');
    expect(signal).toBe('SIGHUP');
    expectNothingLeft(started);
  });

  test('nothing is left at whatever moment it comes', async () => {
    const file = makeFile(Buffer.alloc(1024 * 1024));
    for (let round = 0; round < 6; round++) {
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
    const program = await startUpTo(id, receiver);
    const started = await untilStarted(program.pid, id, receiver);
    process.kill(started.receiver, 'SIGSTOP');
    program.kill('SIGKILL');
    await waitUntil('the end of the sender', () => !isRunning(program.pid));
    process.kill(started.receiver, 'SIGCONT');
    await waitUntil('the end of the receiver', () => !isRunning(started.receiver));
    expectNothingLeft(started);
  });

  // A queue and a set of System V have to be removed by somebody.
  const nameless = ROWS.filter(([id]) => id !== 'sysv-queue' && id !== 'sysv-shm');

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
