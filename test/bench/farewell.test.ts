/** Which of two programs leaves first, where nothing else tells that all has come. */

import { Farewell } from '../../bench/drivers/events';

function saying(): [say: () => Promise<void>, said: () => number] {
  let said = 0;
  const say = (): Promise<void> => {
    said++;
    return Promise.resolve();
  };
  return [say, () => said];
}

test('whoever has received the last message says goodbye, and leaves', async () => {
  const [[say, said], farewell] = [saying(), new Farewell()];
  farewell.sends();
  expect(farewell.comes(false)).toBe(true);
  await farewell.part(say);
  expect(said()).toBe(1);
});

test('whoever has sent it waits for that, and says nothing', async () => {
  const [[say, said], farewell] = [saying(), new Farewell()];
  farewell.comes(false);
  farewell.sends();
  let hasLeft = false;
  const left = farewell.part(say).then(() => (hasLeft = true));
  await new Promise(setImmediate);
  expect(hasLeft).toBe(false);
  expect(farewell.comes(true)).toBe(false);
  await left;
  expect(said()).toBe(0);
});

test('a goodbye that came before is not missed', async () => {
  const [[say, said], farewell] = [saying(), new Farewell()];
  farewell.sends();
  farewell.comes(true);
  await farewell.part(say);
  expect(said()).toBe(0);
});
