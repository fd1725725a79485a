/**
 * The cells of the lifecycle table that end a process or a worker, in a process of their own.
 * The objects belong to this process, which sees from outside what became of them. One or two ways
 * to wait of each facility by default, and what ends all waits ends those by promise together;
 * POSIX_IPC_CAMPAIGN=2 npm test -- lifecycle/processes for all ways, each in a process of its own.
 */

import { whole } from '../support/campaign';
import type { Ended } from '../support/processes';
import { soon } from '../support/wait-until';
import { operations as allOperations } from './operations';
import { Waits } from './waits';
import type { WaitingOperation } from './waiting-operation';

const operations = allOperations.filter(({ variant }) => whole || !variant);
const promiseForms = operations.filter(({ form }) => form === 'promise');
const syncForms = operations.filter(({ form }) => form === 'sync');
const ofObjects = promiseForms.filter(({ belongsToNothing }) => belongsToNothing !== true);

/** Those that wait each for itself, so that a death leaves nothing behind. */
const solitary = operations.filter(({ isMutual }) => isMutual !== true);

const created = new Set<Waits>();

afterEach(() => {
  for (const waits of created) waits.remove();
  created.clear();
});

function create(...some: readonly WaitingOperation[]): Waits {
  const waits = new Waits(some);
  created.add(waits);
  return waits;
}

/** Plays a scene to its end. */
async function play(scene: string, waits: Waits): Promise<Ended> {
  const peer = await waits.start(scene);
  peer.tell('go');
  return soon('the end of the process', peer.ended);
}

function table(rows: readonly WaitingOperation[]): [string, WaitingOperation][] {
  return rows.map((operation) => [operation.name, operation]);
}

/** Rows for what ends whatever waits: those by promise wait in one process, a sync form blocks its thread. */
function together(rows: readonly WaitingOperation[]): [string, WaitingOperation[]][] {
  const alone = rows.filter(({ form }) => whole || form === 'sync');
  const others = rows.filter((operation) => !alone.includes(operation));
  const groups: [string, WaitingOperation[]][] = alone.map((one) => [one.name, [one]]);
  return others.length === 0 ? groups : [['all by promise', others], ...groups];
}

describe('in the main thread', () => {
  describe.each(table(operations))('%s', (_name, operation) => {
    test('keeps the process alive until it is served', async () => {
      const waits = create(operation);
      const peer = await waits.start('idle');
      waits.satisfy();
      expect(await peer.success()).toBe('served\n');
      waits.expectServed();
    });
  });

  describe.each(together(solitary))('%s', (_name, some) => {
    test.each(['SIGINT', 'SIGKILL'] as const)('%s ends the process', async (signal) => {
      const waits = create(...some);
      const peer = await waits.start('idle');
      peer.kill(signal);
      expect(await soon('its end', peer.ended)).toMatchObject({ code: null, signal, stdout: '' });
      waits.expectUntouched();
    });

    test('SIGKILL of a peer that waits for the same takes nothing away', async () => {
      const waits = create(...some);
      const victim = await waits.start('idle');
      const survivor = await waits.start('idle');
      victim.kill('SIGKILL');
      await soon('the death of the victim', victim.ended);
      waits.satisfy();
      expect(await survivor.success()).toBe('served\n'.repeat(some.length));
      waits.expectServed();
    });
  });

  // The promise forms find it out in in-process.test.ts.
  const removable = syncForms.filter(({ removal }) => removal !== undefined);
  test.each(table(removable))('%s: the object is removed', async (_name, operation) => {
    const waits = create(operation);
    const peer = await waits.start('tell the error');
    waits.remove();
    expect(await peer.success()).toBe(`${operation.removal ?? ''}\n`);
  });

  describe.each(together(promiseForms))('%s', (_name, some) => {
    test('process.exit()', async () => {
      const waits = create(...some);
      expect(await play('exit', waits)).toMatchObject({ code: 7, stdout: '', stderr: '' });
      waits.expectUntouched();
    });

    test('an uncaught exception', async () => {
      const waits = create(...some);
      const ended = await play('throw', waits);
      expect(ended).toMatchObject({ code: 1, stdout: '' });
      expect(ended.stderr).toContain('Error: nobody catches this');
      waits.expectUntouched();
    });
  });

  describe.each(table(promiseForms))('%s', (_name, operation) => {
    test('process.exit() in the instant in which it is served', async () => {
      const waits = create(operation);
      const ended = await play('exit after it was served', waits);
      expect(ended).toMatchObject({ code: 7, stdout: '', stderr: '' });
      waits.expectNothingLost();
    });
  });

  describe.each(together(ofObjects))('%s', (_name, some) => {
    test('the natural end, when the wait does not keep the process alive', async () => {
      const waits = create(...some);
      const peer = waits.open('unref');
      expect(await peer.success()).toBe('');
      waits.expectUntouched();
    });
  });

  const endings = ofObjects.filter(({ isMutual }) => isMutual !== true); // two waits at a time
  describe.each(table(endings))('%s', (_name, operation) => {
    test('the natural end, after the wait timed out, was aborted, was closed', async () => {
      const waits = create(operation);
      const peer = waits.open('ends');
      expect(await peer.success()).toBe('');
      waits.expectUntouched();
    });
  });
});

describe('in a worker', () => {
  describe.each(together(operations))('%s', (_name, some) => {
    test('worker.terminate()', async () => {
      const waits = create(...some);
      const ended = await play('terminate', waits);
      expect(ended).toMatchObject({ code: 0, stdout: 'exit code 1\n', stderr: '' });
      waits.expectUntouched();
    });

    test('worker.terminate(), then it is served', async () => {
      const waits = create(...some);
      const ended = await play('terminate, then serve', waits);
      expect(ended).toMatchObject({ code: 0, stdout: 'exit code 1\n', stderr: '' });
      waits.expectNothingLost();
    });

    test('process.exit() of the main thread', async () => {
      const waits = create(...some);
      const ended = await play('main thread exits', waits);
      expect(ended).toMatchObject({ code: 7, stdout: '', stderr: '' });
      waits.expectUntouched();
    });

    test('an uncaught exception of the main thread', async () => {
      const waits = create(...some);
      const ended = await play('main thread throws', waits);
      expect(ended).toMatchObject({ code: 1, stdout: '' });
      waits.expectUntouched();
    });

    test('the natural end of the main thread, which the worker does not keep alive', async () => {
      const waits = create(...some);
      const peer = waits.open('main thread ends');
      expect(await peer.success()).toBe('');
      waits.expectUntouched();
    });
  });

  describe.each(together(solitary))('%s', (_name, some) => {
    test('SIGINT ends the process', async () => {
      const waits = create(...some);
      const peer = await waits.start('terminate');
      peer.kill('SIGINT');
      expect(await soon('its end', peer.ended)).toMatchObject({ code: null, signal: 'SIGINT' });
      waits.expectUntouched();
    });
  });

  describe.each(table(promiseForms))('%s', (_name, operation) => {
    test('worker.terminate() in the instant in which it is served', async () => {
      const waits = create(operation);
      const ended = await play('serve when busy, then terminate', waits);
      expect(ended).toMatchObject({ code: 0, stdout: 'exit code 1\n', stderr: '' });
      waits.expectNothingLost();
    });
  });

  describe.each(together(promiseForms))('%s', (_name, some) => {
    test('process.exit() of the worker', async () => {
      const waits = create(...some);
      const ended = await play('worker exits', waits);
      expect(ended).toMatchObject({ code: 0, stdout: 'exit code 5\n', stderr: '' });
      waits.expectUntouched();
    });

    test('an uncaught exception of the worker', async () => {
      const waits = create(...some);
      const ended = await play('worker throws', waits);
      expect(ended).toMatchObject({ code: 0, stdout: 'nobody catches this\n', stderr: '' });
      waits.expectUntouched();
    });
  });

  describe.each(together(ofObjects))('%s', (_name, some) => {
    test('the natural end of the worker, when the wait does not keep it alive', async () => {
      const waits = create(...some);
      const peer = waits.open('worker ends');
      expect(await peer.success()).toBe('exit code 0\n');
      waits.expectUntouched();
    });
  });
});

test('the table has rows of both forms', () => {
  expect(promiseForms.length).toBeGreaterThan(0);
  expect(syncForms.length).toBeGreaterThan(0);
});
