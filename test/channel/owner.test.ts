/** Whose a channel or a broadcast is that was made for somebody else. */

import { readdirSync, statSync } from 'node:fs';

import { channel } from 'posix-ipc';

import { isRoot, testIf } from '../support/machine';
import { nobody } from '../support/nobody';
import { startNode } from '../support/processes';

type Options = Pick<channel.ChannelOptions, 'uid' | 'gid' | 'mode'>;

const kinds = [channel.Channel, channel.Broadcast] as const;

/** User, group and mode. */
function ownerOf(options: Options, kind: (typeof kinds)[number]): number[] {
  return ownerIn(kind.createSync(undefined, options));
}

function ownerIn(one: channel.Channel | channel.Broadcast): number[] {
  const { uid, gid, mode } = statSync(`/dev/shm${one.name}`);
  one.unlinkSync();
  one.close();
  return [uid, gid, mode & 0o7777];
}

const own = [process.geteuid?.(), process.getegid?.()];

describe.each(kinds)('%p', (kind) => {
  test('is of who makes it, where nothing is said', () => {
    expect(ownerOf({}, kind)).toEqual([...own, 0o600]);
    expect(ownerOf({ uid: own[0], gid: own[1] }, kind)).toEqual([...own, 0o600]);
  });

  testIf(isRoot, 'needs root')('is of another user, of another group, or of both', () => {
    expect(ownerOf({ uid: nobody, mode: 0o640 }, kind)).toEqual([nobody, own[1], 0o640]);
    expect(ownerOf({ gid: nobody, mode: 0o660 }, kind)).toEqual([own[0], nobody, 0o660]);
    expect(ownerOf({ uid: nobody, gid: nobody }, kind)).toEqual([nobody, nobody, 0o600]);
  });

  test.each([
    [{ uid: -1 }, 'ERR_OUT_OF_RANGE'],
    [{ gid: 2 ** 32 - 1 }, 'ERR_OUT_OF_RANGE'],
    [{ gid: 'root' }, 'ERR_INVALID_ARG_TYPE'],
  ])('%j cannot be', (options, code) => {
    expect(() => kind.createSync(undefined, options as Options)).toThrow(
      expect.objectContaining({ code }) as Error,
    );
  });
});

testIf(isRoot, 'needs root')('of an unbounded one, too', () => {
  const options = { uid: nobody, capacity: 'unbounded' } as const;
  expect(ownerIn(channel.Channel.createSync(undefined, options))).toEqual([nobody, own[1], 0o600]);
});

testIf(isRoot, 'needs root')('who may not give it away makes none', async () => {
  const answers = (await startNode('as-nobody', ['give-channels', '0']).json()) as Error[];
  expect(answers).toEqual(
    kinds.map(
      () =>
        expect.objectContaining({ code: 'EPERM', syscall: 'fchown', path: '/given-away' }) as Error,
    ),
  );
  expect(readdirSync('/dev/shm').filter((name) => name === 'given-away')).toEqual([]);
});
