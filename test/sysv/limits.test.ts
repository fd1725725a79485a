/** Messages longer than the default kernel.msgmax, and limits that change under a queue. */

import path from 'node:path';

import { ownNamespace } from '../conformance/needs';
import { testIf } from '../support/machine';
import { Peer } from '../support/processes';
import { temporaryQueue } from '../support/queues';

const program = path.resolve(__dirname, '../../dist-programs/test/fixtures/long-messages.js');
const needs = [ownNamespace.isMet, ownNamespace.reason] as const;

/** In a namespace of its own: the limits hold for everything that runs on the machine. */
async function holds(scenario: string, argument = ''): Promise<void> {
  const peer = new Peer('unshare', ['--ipc', process.execPath, program, scenario, argument]);
  expect(await peer.ended).toMatchObject({ code: 0, stdout: 'true\n', stderr: '' });
}

describe('while kernel.msgmax is raised', () => {
  testIf(...needs)('every form sends and receives a long message', () => holds('every form'));

  testIf(...needs)('one byte more than the raised limit is EINVAL', () => holds('a byte more'));

  testIf(...needs)('a pending receive takes a long message', () => holds('a pending receive'));
});

describe('with the highest kernel.msgmax', () => {
  for (const form of ['receive', 'receiveSync', 'tryReceiveInto', 'drain', 'peek']) {
    testIf(...needs)(`a process that begins gets a long message by ${form}`, () =>
      holds('the highest limit', form),
    );
  }
});

describe('after kernel.msgmax was lowered below the length of what is queued', () => {
  const forms = [
    ...['receive', 'receiveSync', 'tryReceive', 'drain', 'messages'],
    ...['receiveInto', 'receiveIntoSync', 'tryReceiveInto'],
  ];

  for (const form of forms) {
    testIf(...needs)(`${form} gets it, in a process that has never seen a long one`, () =>
      holds('another process', form),
    );
  }

  testIf(...needs)('peek cannot copy it, which is the kernel’s limit, and it stays', () =>
    holds('peek'),
  );

  testIf(...needs)('drain takes long and short ones', () => holds('drain'));

  testIf(...needs)('maxLength and truncate mean the same as ever', () =>
    holds('maxLength and truncate'),
  );

  testIf(...needs)('no new one can be sent', () => holds('no new one'));
});

describe('a queue of the default capacity', () => {
  test('takes as many empty messages as it may hold bytes', () => {
    const queue = temporaryQueue();
    const { maxBytes } = queue.statSync();
    expect(queue.trySendMany(Array<string>(maxBytes + 1).fill(''))).toBe(maxBytes);
    expect(queue.trySend('')).toBe(false);
    expect(queue.statSync()).toMatchObject({ messages: maxBytes, bytes: 0 });
  });

  test('takes exactly its bytes', () => {
    const queue = temporaryQueue({ maxBytes: 1000 });
    expect(queue.trySend(Buffer.alloc(999))).toBe(true);
    expect(queue.trySend('ab')).toBe(false);
    expect(queue.trySend('a')).toBe(true);
    expect(queue.trySend('a')).toBe(false);
    expect(queue.statSync()).toMatchObject({ messages: 2, bytes: 1000 });
  });
});
