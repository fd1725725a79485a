import { promised } from '../../lib/core/promised';

test('a result resolves', async () => {
  await expect(promised(() => 7)).resolves.toBe(7);
});

test('what is thrown rejects; nothing is thrown', async () => {
  const promise = promised(() => {
    throw new RangeError('no');
  });
  await expect(promise).rejects.toThrow('no');
});
