import { done, promised, rejected } from '../../lib/core/promised';

test('a result resolves', async () => {
  await expect(promised(() => 7)).resolves.toBe(7);
});

test('what is thrown rejects; nothing is thrown', async () => {
  const promise = promised(() => {
    throw new RangeError('no');
  });
  await expect(promise).rejects.toThrow('no');
});

test('what is done at once, or later, is done without a value', async () => {
  await expect(done(true)).resolves.toBeUndefined();
  const order: string[] = [];
  let finish = (): void => undefined;
  const later = done(
    new Promise((resolve) => {
      finish = () => {
        order.push('finished');
        resolve(true);
      };
    }),
  ).then((value) => order.push(String(value)));
  finish();
  await later;
  expect(order).toEqual(['finished', 'undefined']);
});

test('what fails at once, or later, rejects with what was thrown', async () => {
  const error = new Error('no');
  await expect(rejected(error)).rejects.toBe(error);
  await expect(done(Promise.reject(error))).rejects.toBe(error);
});
