/** A call that has had to let the event loop go round tries on before its thread is parked. */

import { Keeper } from '../../lib/core/keeper';
import { Lane, type Call } from '../../lib/core/lane';
import { SystemError } from '../../lib/core/error';
import { atEndOfTick } from '../../lib/channel/tick';
import { soon } from '../support/wait-until';

const limits = { timeout: Infinity, signal: undefined };

/** Writes down what it was asked for; its wait cannot start. */
class Asked implements Call<string> {
  readonly asked: string[] = [];

  constructor(private readonly comes: string | undefined) {}

  attempt(): undefined {
    this.asked.push('attempt');
  }

  linger(): string | undefined {
    this.asked.push('linger');
    return this.comes;
  }

  start(): number {
    this.asked.push('start');
    return -11;
  }

  block(): never {
    throw new Error('not to be called');
  }

  complete(): undefined {
    throw new Error('not to be called');
  }

  failure(error: number | string): SystemError {
    return new SystemError(error, 'wait');
  }
}

const add = (call: Asked, tried: boolean): Promise<string> =>
  new Lane(new Keeper(), () => undefined).add(call, limits, add, tried);

test('what comes while it tries on is its answer', async () => {
  const call = new Asked('it');
  expect(await soon('the call', add(call, false))).toBe('it');
  expect(call.asked).toEqual(['attempt', 'linger']);
});

test('it is parked where nothing has come', async () => {
  const call = new Asked(undefined);
  await expect(soon('the call', add(call, false))).rejects.toMatchObject({ code: 'EAGAIN' });
  expect(call.asked).toEqual(['attempt', 'linger', 'start']);
});

test('one that was tried already is parked at once', async () => {
  const call = new Asked('it');
  await expect(soon('the call', add(call, true))).rejects.toMatchObject({ code: 'EAGAIN' });
  expect(call.asked).toEqual(['start']);
});

test('what it throws is what the call fails with', async () => {
  const call = new Asked('it');
  call.linger = () => {
    throw new SystemError('EBADMSG', 'wait');
  };
  await expect(soon('the call', add(call, false))).rejects.toMatchObject({ code: 'EBADMSG' });
});

test('it may be tried at the end of the tick, when all promises that are ready have had their turn', async () => {
  const call = new Asked('it');
  const lane = new Lane(new Keeper(), () => undefined);
  const answer = lane.add(call, limits, undefined, false, atEndOfTick);
  await Promise.resolve();
  expect(call.asked).toEqual([]);
  expect(await soon('the call', answer)).toBe('it');
});
