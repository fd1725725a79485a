/** Which C the headers need. */

import { compileHeader } from '../support/compile';

test.each(['lock.h', 'channel.h', 'broadcast.h'])('%s says which C it needs', async (header) => {
  expect(await compileHeader(`posix-ipc/${header}`, 'gnu11')).toBe('');
  await expect(compileHeader(`posix-ipc/${header}`, 'C11 and no more')).rejects.toThrow(
    'posix-ipc needs more of libc than ISO C has: -std=gnu11 or later, or -D_GNU_SOURCE',
  );
  await expect(compileHeader(`posix-ipc/${header}`, 'C of 32 bits')).rejects.toThrow(
    'posix-ipc needs 64 bits, little-endian',
  );
});
