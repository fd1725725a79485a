/** What `set` has to know of an object, and from where. */

import { type StatusCall, readToSet } from '../../lib/sysv/control';
import { ownerAfter } from '../../lib/sysv/owner-changes';
import { isRoot, testIf } from '../support/machine';
import { codeThrownBy, thrownBy } from '../support/outcome';
import { nobody } from '../support/nobody';
import { startNode } from '../support/processes';
import { temporaryQueue } from '../support/queues';
import { temporarySegment } from '../support/segments';
import { temporarySet } from '../support/semaphore-sets';

const [EACCES, EINVAL] = [-13, -22];

testIf(isRoot, 'not root')('an owner may change what it may not read', async () => {
  const changed = { stat: 'EACCES', given: 'none', mode: 0o600, uid: nobody };
  const answer = await startNode('as-nobody', ['set-unreadable']).json();
  expect(answer).toEqual([{ ...changed, maxBytes: 1000 }, changed, changed]);
});

test('where all is given, nothing is read', () => {
  const owner = { uid: 1, gid: 2, mode: 0o600 };
  const read = jest.fn(() => ({ uid: 7, gid: 8, mode: 0 }));
  expect(ownerAfter(owner, read)).toEqual(owner);
  expect(read).not.toHaveBeenCalled();
  expect(ownerAfter({ ...owner, gid: undefined }, read)).toEqual({ ...owner, gid: 8 });
});

describe('a status that may not be read', () => {
  const id = 5;
  const any = 20;
  const context = { id, key: 6 };

  function asked(told: number): StatusCall<string> {
    const status = (_id: number, command: number): [number, string] =>
      command === any ? [told, 'known'] : [EACCES, ''];
    return { syscall: 'semctl', what: 'set', status, any };
  }

  test('is that of the index, where it has the same identifier', () => {
    expect(readToSet(asked(id), id, context)).toBe('known');
  });

  test.each([EINVAL, 7])('is EACCES where the index answers %d', (told) => {
    const error = thrownBy(() => readToSet(asked(told), id, context));
    expect(error).toMatchObject({ code: 'EACCES', syscall: 'semctl', id, key: 6 });
    expect(error.message).toContain('give all that is set');
  });
});

test.each([
  ['queue', () => temporaryQueue()],
  ['set', () => temporarySet()],
  ['segment', () => temporarySegment()],
])('a %s that is gone is told, also where nothing has to be read', (what, make) => {
  const object = make();
  object.removeSync();
  const changes = { uid: 0, gid: 0, mode: 0o600, maxBytes: 1 };
  const call = (): void => {
    object.setSync(changes);
  };
  expect(codeThrownBy(call)).toBe('EINVAL');
  expect(thrownBy(call).message).toContain(`no ${what} has this id`);
});
