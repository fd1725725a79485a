/** Where a channel that grows can lie: it must be able to give memory back. */

import { fstatSync } from 'node:fs';

import { channel, memory } from 'posix-ipc';

import { HEAD, RING, SEGMENTS, TABLE, TAIL } from '../../lib/channel/layout';
import { errnoOf } from '../../lib/core/error';
import { MADV_POPULATE_WRITE } from '../../lib/core/mmap-constants';
import { native } from '../../lib/native';
import { numberOf, texts } from '../support/full-channels';
import { unusedName } from '../support/semaphores';
import { headBytes, limit, most, segment, unbounded } from '../support/unbounded';

const least = 2 * segment;

function coded(code: string): Error {
  return expect.objectContaining({ code }) as Error;
}

describe('where it lies', () => {
  const bytes = 65_536 + limit;

  test('in a memfd, whose memory it gives back', () => {
    using file = memory.memfdSync('channel', { size: bytes + 4096 });
    using mapping = file.mapSync({ access: 'write' });
    expect(() =>
      channel.Channel.at(mapping, 4096, { create: true, ...unbounded, limit: 2 * limit }),
    ).toThrow(coded('ERR_OUT_OF_RANGE'));
    using one = channel.Channel.at(mapping, 4096, { create: true, ...unbounded });
    expect(fstatSync(file.fd).blocks * 512).toBe(4096 + headBytes + least);
    using sender = one.sender();
    using receiver = channel.Channel.at(mapping, 4096).receiver();
    for (let i = 0; i < 4 * most; i++) {
      sender.sendSync(numberOf(i));
      expect(receiver.receiveSync().data.toString()).toBe(numberOf(i));
    }
  });

  test('a claim anywhere in the largest one is sent', () => {
    const [largest, part] = [2 ** 30, 2 ** 18];
    using file = memory.memfdSync('channel', { size: 65_536 + largest });
    using mapping = file.mapSync({ access: 'write' });
    const making = { create: true, ...unbounded, limit: largest, segment: part };
    using one = channel.Channel.at(mapping, 0, making);
    const words = mapping.view(Int32Array, 0, 65_536 / 4);
    words[TABLE] = largest / part - 1; // as if all before it were full
    words[HEAD] = words[TAIL] = part - (SEGMENTS - RING); // 2^30 bytes behind where a ring begins
    using sender = one.sender();
    sender.claimSync(4, { type: 5 }).write('last');
    sender.commit();
    expect(one.receiver().tryReceive()).toEqual({ type: 5, data: Buffer.from('last') });
  });

  test('not at a page: the pages at its ends stay', () => {
    using mapping = memory.mapAnonymousSync({ length: bytes + 192, shared: true });
    using one = channel.Channel.at(mapping, 64, { create: true, ...unbounded });
    const receiver = one.receiver();
    for (let round = 0; round < 3; round++) {
      const sender = one.sender();
      for (let i = 0; i < most; i++) expect(sender.trySend(numberOf(i))).toBe(true);
      sender.flush();
      expect(texts(receiver)).toEqual(Array.from({ length: most }, (_, i) => numberOf(i)));
      sender.close();
    }
  });

  test('not in memory that cannot be given back', () => {
    using own = memory.mapAnonymousSync({ length: bytes });
    const making = { create: true, ...unbounded };
    expect(() => channel.Channel.at(own, 0, making)).toThrow(coded('EOPNOTSUPP'));
    using file = memory.memfdSync('sealed', { size: bytes, seals: [] });
    using mapping = file.mapSync({ access: 'write' });
    file.seal('future-write');
    expect(() => channel.Channel.at(mapping, 0, making)).toThrow(coded('EPERM'));
  });
});

describe('on a Linux before 5.14, which cannot give memory without a touch', () => {
  const madvise = native.madvise.bind(native);

  beforeEach(() => {
    jest.spyOn(native, 'madvise').mockImplementation((...args) => {
      return args[4] === MADV_POPULATE_WRITE ? -errnoOf('EINVAL') : madvise(...args);
    });
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  test('none is made, and nothing is left', () => {
    const name = unusedName();
    expect(() => channel.Channel.createSync(name, unbounded)).toThrow(
      /^ENOSYS: .*needs MADV_POPULATE_WRITE, of Linux 5\.14/,
    );
    expect(() => channel.Channel.openSync(name)).toThrow(coded('ENOENT'));
    using mapping = memory.mapAnonymousSync({ length: 65_536 + limit, shared: true });
    const making = { create: true, ...unbounded };
    expect(() => channel.Channel.at(mapping, 0, making)).toThrow(coded('ENOSYS'));
    expect(() => channel.Channel.at(mapping, 0)).toThrow(coded('EINVAL'));
    channel.Channel.at(mapping, 0, { create: true, capacity: limit }).sender().sendSync('bounded');
  });
});
