import { ClosedError } from '../../lib/core/error';
import { Handle } from '../../lib/core/handle';
import { Keeper } from '../../lib/core/keeper';

class Thing extends Handle {
  readonly reasons: ClosedError[] = [];

  constructor(readonly keeper = new Keeper()) {
    super('thing', keeper);
  }

  use(): string {
    this.checkOpen();
    return 'used';
  }

  protected override release(reason: () => ClosedError): void {
    this.reasons.push(reason());
  }
}

test('works until it is closed', () => {
  const thing = new Thing();
  expect([thing.use(), thing.closed]).toEqual(['used', false]);
  thing.close();
  expect(thing.closed).toBe(true);
  expect(() => thing.use()).toThrow(
    expect.objectContaining({ code: 'ERR_CLOSED', message: 'The thing is closed' }) as Error,
  );
});

test('is released once, however often it is closed', async () => {
  const thing = new Thing();
  thing.close();
  thing[Symbol.dispose]();
  await thing[Symbol.asyncDispose]();
  expect(thing.reasons).toEqual([new ClosedError('thing')]);
});

test.each([Symbol.dispose, Symbol.asyncDispose] as const)('%p closes', async (symbol) => {
  const thing = new Thing();
  await thing[symbol]();
  expect(thing.closed).toBe(true);
});

test('ref and unref tell its keeper, and answer the object', () => {
  const thing = new Thing();
  const hold = jest.spyOn(thing.keeper, 'hold');
  expect(thing.unref()).toBe(thing);
  expect(thing.ref()).toBe(thing);
  expect(hold.mock.calls).toEqual([[false], [true]]);
});
