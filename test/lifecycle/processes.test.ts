/**
 * The cells of the lifecycle table that end a process or a worker, each in a process of its own.
 * The object belongs to this process, which sees from outside what became of it. One or two ways
 * to wait of each facility by default; POSIX_IPC_CAMPAIGN=2 npm test -- lifecycle/processes for all.
 */

import { whole } from '../support/campaign';
import { type Ended, startNode } from '../support/processes';
import { untilBlockedIn } from '../support/blocked';
import { soon } from '../support/wait-until';
import { inheritance } from './held';
import { operations as allOperations } from './operations';
import { removeQuietly } from './remove-quietly';
import type { Subject, WaitingOperation } from './waiting-operation';

const operations = allOperations.filter(({ variant }) => whole || !variant);
const promiseForms = operations.filter(({ form }) => form === 'promise');
const syncForms = operations.filter(({ form }) => form === 'sync');
const ofObjects = promiseForms.filter(({ belongsToNothing }) => belongsToNothing !== true);

/** Those that wait each for itself, so that a death leaves nothing behind. */
const solitary = operations.filter(({ isMutual }) => isMutual !== true);

const created = new Set<Subject>();

afterEach(() => {
  removeQuietly(created);
});

function create(operation: WaitingOperation): Subject {
  const subject = operation.create();
  created.add(subject);
  return subject;
}

type Peer = ReturnType<typeof startNode>;

/** A process that opens the object; what has no name it inherits. */
function open(scene: string, operation: WaitingOperation, { id }: Subject): Peer {
  return startNode('waiter', [scene, operation.name, String(id)], {}, inheritance(id));
}

/** A process that waits on the object, and has reached its system call. */
async function startWaiter(
  scene: string,
  operation: WaitingOperation,
  subject: Subject,
  threads = 1,
): Promise<Peer> {
  const peer = open(scene, operation, subject);
  await untilBlockedIn(operation.call, peer.pid, subject.id, threads);
  return peer;
}

/** Plays a scene to its end. */
async function play(scene: string, operation: WaitingOperation, subject: Subject): Promise<Ended> {
  const peer = await startWaiter(scene, operation, subject);
  peer.tell('go');
  return soon(`the end of the process`, peer.ended);
}

/** Nothing was lost or doubled, nobody is left who would take something, and the object works. */
function expectUntouched(operation: WaitingOperation, subject: Subject): void {
  expect(subject.contents()).toEqual(operation.contents.untouched);
  subject.satisfy();
  expect(subject.contents()).toEqual(operation.contents.unserved);
}

/** It was served in the instant of the end: what is taken out must be back; what is put in may be in. */
function expectNothingLost(operation: WaitingOperation, subject: Subject): void {
  const { unserved, served } = operation.contents;
  expect(operation.gives ? [unserved, served] : [unserved]).toContainEqual(subject.contents());
}

function table(rows: readonly WaitingOperation[]): [string, WaitingOperation][] {
  return rows.map((operation) => [operation.name, operation]);
}

describe('in the main thread', () => {
  describe.each(table(operations))('%s', (_name, operation) => {
    test('keeps the process alive until it is served', async () => {
      const subject = create(operation);
      const peer = await startWaiter('idle', operation, subject);
      subject.satisfy();
      expect(await peer.success()).toBe('served\n');
      expect(subject.contents()).toEqual(operation.contents.served);
    });
  });

  describe.each(table(solitary))('%s', (_name, operation) => {
    test.each(['SIGINT', 'SIGKILL'] as const)('%s ends the process', async (signal) => {
      const subject = create(operation);
      const peer = await startWaiter('idle', operation, subject);
      peer.kill(signal);
      expect(await soon('its end', peer.ended)).toMatchObject({ code: null, signal, stdout: '' });
      expectUntouched(operation, subject);
    });

    test('SIGKILL of a peer that waits for the same takes nothing away', async () => {
      const subject = create(operation);
      const victim = await startWaiter('idle', operation, subject);
      const survivor = await startWaiter('idle', operation, subject);
      victim.kill('SIGKILL');
      await soon('the death of the victim', victim.ended);
      subject.satisfy();
      expect(await survivor.success()).toBe('served\n');
      expect(subject.contents()).toEqual(operation.contents.served);
    });
  });

  // The promise forms find it out in in-process.test.ts.
  const removable = syncForms.filter(({ removal }) => removal !== undefined);
  test.each(table(removable))('%s: the object is removed', async (_name, operation) => {
    const subject = create(operation);
    const peer = await startWaiter('tell the error', operation, subject);
    subject.remove();
    expect(await peer.success()).toBe(`${operation.removal ?? ''}\n`);
  });

  describe.each(table(promiseForms))('%s', (_name, operation) => {
    test('process.exit()', async () => {
      const subject = create(operation);
      expect(await play('exit', operation, subject)).toMatchObject({
        code: 7,
        stdout: '',
        stderr: '',
      });
      expectUntouched(operation, subject);
    });

    test('process.exit() in the instant in which it is served', async () => {
      const subject = create(operation);
      const ended = await play('exit after it was served', operation, subject);
      expect(ended).toMatchObject({ code: 7, stdout: '', stderr: '' });
      expectNothingLost(operation, subject);
    });

    test('an uncaught exception', async () => {
      const subject = create(operation);
      const ended = await play('throw', operation, subject);
      expect(ended).toMatchObject({ code: 1, stdout: '' });
      expect(ended.stderr).toContain('Error: nobody catches this');
      expectUntouched(operation, subject);
    });
  });

  describe.each(table(ofObjects))('%s', (_name, operation) => {
    test('the natural end, when the wait does not keep the process alive', async () => {
      const subject = create(operation);
      const peer = open('unref', operation, subject);
      expect(await peer.success()).toBe('');
      expectUntouched(operation, subject);
    });

    if (operation.isMutual === true) return; // two waits at a time
    test('the natural end, after the wait timed out, was aborted, was closed', async () => {
      const subject = create(operation);
      const peer = open('ends', operation, subject);
      expect(await peer.success()).toBe('');
      expectUntouched(operation, subject);
    });
  });
});

describe('in a worker', () => {
  describe.each(table(operations))('%s', (_name, operation) => {
    test('worker.terminate()', async () => {
      const subject = create(operation);
      const ended = await play('terminate', operation, subject);
      expect(ended).toMatchObject({ code: 0, stdout: 'exit code 1\n', stderr: '' });
      expectUntouched(operation, subject);
    });

    test('worker.terminate(), then it is served', async () => {
      const subject = create(operation);
      const ended = await play('terminate, then serve', operation, subject);
      expect(ended).toMatchObject({ code: 0, stdout: 'exit code 1\n', stderr: '' });
      expectNothingLost(operation, subject);
    });

    test('process.exit() of the main thread', async () => {
      const subject = create(operation);
      const ended = await play('main thread exits', operation, subject);
      expect(ended).toMatchObject({ code: 7, stdout: '', stderr: '' });
      expectUntouched(operation, subject);
    });

    test('an uncaught exception of the main thread', async () => {
      const subject = create(operation);
      const ended = await play('main thread throws', operation, subject);
      expect(ended).toMatchObject({ code: 1, stdout: '' });
      expectUntouched(operation, subject);
    });

    test('the natural end of the main thread, which the worker does not keep alive', async () => {
      const subject = create(operation);
      const peer = open('main thread ends', operation, subject);
      expect(await peer.success()).toBe('');
      expectUntouched(operation, subject);
    });
  });

  describe.each(table(solitary))('%s', (_name, operation) => {
    test('SIGINT ends the process', async () => {
      const subject = create(operation);
      const peer = await startWaiter('terminate', operation, subject);
      peer.kill('SIGINT');
      expect(await soon('its end', peer.ended)).toMatchObject({ code: null, signal: 'SIGINT' });
      expectUntouched(operation, subject);
    });
  });

  describe.each(table(promiseForms))('%s', (_name, operation) => {
    test('worker.terminate() in the instant in which it is served', async () => {
      const subject = create(operation);
      const ended = await play('serve when busy, then terminate', operation, subject);
      expect(ended).toMatchObject({ code: 0, stdout: 'exit code 1\n', stderr: '' });
      expectNothingLost(operation, subject);
    });

    test('process.exit() of the worker', async () => {
      const subject = create(operation);
      const ended = await play('worker exits', operation, subject);
      expect(ended).toMatchObject({ code: 0, stdout: 'exit code 5\n', stderr: '' });
      expectUntouched(operation, subject);
    });

    test('an uncaught exception of the worker', async () => {
      const subject = create(operation);
      const ended = await play('worker throws', operation, subject);
      expect(ended).toMatchObject({ code: 0, stdout: 'nobody catches this\n', stderr: '' });
      expectUntouched(operation, subject);
    });
  });

  describe.each(table(ofObjects))('%s', (_name, operation) => {
    test('the natural end of the worker, when the wait does not keep it alive', async () => {
      const subject = create(operation);
      const peer = open('worker ends', operation, subject);
      expect(await peer.success()).toBe('exit code 0\n');
      expectUntouched(operation, subject);
    });
  });
});

test('the table has rows of both forms', () => {
  expect(promiseForms.length).toBeGreaterThan(0);
  expect(syncForms.length).toBeGreaterThan(0);
});
