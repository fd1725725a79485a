/** Segments that come and go between the two calls that finding one takes, and identifiers that are used again. */

import path from 'node:path';

import { sysv } from 'posix-ipc';
import { IPC_RMID } from 'posix-ipc/syscalls';

import { native } from '../../lib/native';
import { nextSegmentId } from '../conformance/needs';
import { testIf } from '../support/machine';
import { codeThrownBy } from '../support/outcome';
import { Peer } from '../support/processes';
import { adoptSegment, temporarySegment } from '../support/segments';

const { SharedMemory } = sysv;
const program = path.resolve(__dirname, '../../dist-programs/test/fixtures/reused-segment.js');

afterEach(() => {
  jest.restoreAllMocks();
});

/** Somebody removes the segment when it was found, and has not been looked at. */
function removeWhenFound(): void {
  jest.spyOn(native, 'shmctl').mockImplementationOnce((id, command, values) => {
    native.shmctl(id, IPC_RMID, values);
    return native.shmctl(id, command, values);
  });
}

test('openOrCreate makes one where the one that it has found goes away', () => {
  const { id, key } = temporarySegment({ size: 100 });
  removeWhenFound();
  const segment = adoptSegment(SharedMemory.openOrCreateSync(key, { size: 50 }));
  expect(segment).toMatchObject({ key, size: 50 });
  expect(segment.id).not.toBe(id);
});

test('open tells that there is none where the one that it has found goes away', () => {
  const { key } = temporarySegment();
  removeWhenFound();
  expect(codeThrownBy(() => SharedMemory.openSync(key))).toBe('ENOENT');
});

testIf(nextSegmentId.isMet, nextSegmentId.reason)(
  'a mapping is as long as what was attached, whatever had the identifier before',
  async () => {
    const peer = new Peer('unshare', ['--ipc', process.execPath, program]);
    expect(await peer.json()).toEqual([
      [100, 100, 100],
      [8192, 8192, 8192],
    ]);
  },
);
