/** Calls of one end that do not wait, side by side. */

import { channel } from 'posix-ipc';

test('two that look again and again, with no time to wait, find what is there', async () => {
  using one = channel.Channel.createSync();
  one.unlinkSync();
  const [sender, receiver] = [one.sender(), one.receiver()];
  const each = 3000;
  for (let i = 0; i < 2 * each; i++) sender.trySend('x');
  const look = async (): Promise<void> => {
    for (let i = 0; i < each; i++) await receiver.receive({ timeout: 0 });
  };
  await Promise.all([look(), look()]);
  await expect(receiver.receive({ timeout: 0 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
});
