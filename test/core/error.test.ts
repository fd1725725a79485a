import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

import { channel, ClosedError, event, memory, posix, stream, SystemError, sysv } from 'posix-ipc';

import { check, errnoOf, invalidType, outOfRange } from '../../lib/core/error';
import { native } from '../../lib/native';
import { randomKey } from '../support/random-key';
import { thrownBy } from '../support/outcome';

describe('SystemError', () => {
  test("has the shape of Node's own system errors", () => {
    const error = new SystemError('ENOENT', 'msgget', { key: 0x4d2 });
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('SystemError');
    expect(error.message).toBe('ENOENT: no such file or directory, msgget 0x4d2');
    expect(Object.fromEntries(Object.entries(error))).toEqual({
      code: 'ENOENT',
      errno: -2,
      syscall: 'msgget',
      key: 0x4d2,
    });
    expect(String(error)).toBe('SystemError: ENOENT: no such file or directory, msgget 0x4d2');
  });

  test.each([2, -2, 'ENOENT'])('takes an errno as %p', (errno) => {
    expect(new SystemError(errno, 'msgget')).toMatchObject({ code: 'ENOENT', errno: -2 });
  });

  test('says what it was about: key, id, path, pid, fd, and one sentence more', () => {
    const message = (context: object): string => new SystemError('EINVAL', 'call', context).message;
    expect(message({})).toBe('EINVAL: invalid argument, call');
    expect(message({ id: 7 })).toBe('EINVAL: invalid argument, call id 7');
    expect(message({ key: -1, id: 7 })).toBe('EINVAL: invalid argument, call 0xffffffff id 7');
    expect(message({ path: '/a b' })).toBe("EINVAL: invalid argument, call '/a b'");
    expect(message({ pid: 1 })).toBe('EINVAL: invalid argument, call pid 1');
    expect(message({ fd: 3 })).toBe('EINVAL: invalid argument, call fd 3');
    expect(new SystemError('EINVAL', 'call', { pid: 1, fd: 3 })).toMatchObject({ pid: 1, fd: 3 });
    expect(message({ hint: 'too long' })).toBe('EINVAL: invalid argument, call (too long)');
  });

  test('does not invent properties that it was not given', () => {
    expect(Object.keys(new SystemError('EINVAL', 'call')).sort()).toEqual([
      'code',
      'errno',
      'syscall',
    ]);
  });

  test('an errno that has no name is shown by its number', () => {
    expect(new SystemError(4000, 'call')).toMatchObject({ code: 'E4000', errno: -4000 });
  });

  test('a failed call of the package throws one', () => {
    const key = randomKey();
    const error = thrownBy(() => sysv.MessageQueue.openSync(key));
    expect(error).toBeInstanceOf(SystemError);
    expect(error).toMatchObject({ code: 'ENOENT', errno: -2, syscall: 'msgget', key });
  });
});

describe('the list of errno', () => {
  const table = native.errorTable();

  test("agrees with Node's numbers", () => {
    const known = new Map<string, number>(Object.entries(constants.errno));
    for (const [errno, code] of table) {
      expect([code, errno]).toEqual([code, known.get(code) ?? errno]);
    }
  });

  test("agrees with libuv's texts where libuv has one", () => {
    const texts = new Map([...getSystemErrorMap()].map(([number, [code]]) => [code, number]));
    const shared = table.filter(([, code]) => texts.has(code));
    expect(shared.length).toBeGreaterThan(30);
    for (const [errno, code] of shared) expect([code, -errno]).toEqual([code, texts.get(code)]);
  });

  test('knows what Node 20 does not', () => {
    expect(errnoOf('ENOMSG')).toBe(42);
    expect(errnoOf('EIDRM')).toBe(43);
    expect(errnoOf('EOWNERDEAD')).toBe(130);
    expect(errnoOf('ENOTRECOVERABLE')).toBe(131);
  });

  test('knows what a file system answers that has a quota, a network or a broken disk below it', () => {
    const [EDQUOT, ESTALE, EILSEQ, EUCLEAN, EREMOTEIO, ENOKEY] = [122, 116, 84, 117, 121, 126];
    const codes = [EDQUOT, ESTALE, EILSEQ, EUCLEAN, EREMOTEIO, ENOKEY].map(
      (errno) => new SystemError(errno, 'mkfifo').message,
    );
    expect(codes).toEqual([
      'EDQUOT: disk quota exceeded, mkfifo',
      'ESTALE: stale file handle, mkfifo',
      'EILSEQ: illegal byte sequence, mkfifo',
      'EUCLEAN: structure needs cleaning, mkfifo',
      'EREMOTEIO: remote I/O error, mkfifo',
      'ENOKEY: required key not available, mkfifo',
    ]);
  });

  test('has each name and number once', () => {
    expect(new Set(table.map(([errno]) => errno)).size).toBe(table.length);
    expect(new Set(table.map(([, code]) => code)).size).toBe(table.length);
  });

  test('refuses a name that it does not have', () => {
    expect(() => errnoOf('ENONSENSE')).toThrow('no errno named ENONSENSE');
  });
});

describe('check', () => {
  test('passes a result on', () => {
    expect(check(0, 'call')).toBe(0);
    expect(check(12, 'call')).toBe(12);
  });

  test('throws a negated errno', () => {
    expect(thrownBy(() => check(-22, 'call', { id: 3 }))).toMatchObject({ code: 'EINVAL', id: 3 });
  });
});

test('ClosedError names what is closed', () => {
  const error = new ClosedError('message queue');
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: 'ClosedError', code: 'ERR_CLOSED' });
  expect(error.message).toBe('The message queue is closed');
});

describe('errors of wrong arguments', () => {
  test.each<[call: () => unknown, end: string]>([
    [() => posix.MessageQueue.openSync('/x', { access: 'read' as 'receive' }), "Received 'read'"],
    [
      () => {
        using own = event.Process.openSync(process.pid);
        own.kill('SIGNONE' as 'SIGINT');
      },
      "Received 'SIGNONE'",
    ],
    [
      () => {
        const { reader, writer } = stream.pipeSync();
        writer.close();
        using end = reader;
        end.lines({ encoding: 'utf9' as 'utf8' });
      },
      "Received 'utf9'",
    ],
    [() => channel.Channel.createSync('/x', { capacity: 0, full: 'fail' }), "Received 'fail'"],
  ])('text that was given stands in quotes: %#', (call, end) => {
    expect(thrownBy(call).message.slice(-end.length)).toBe(end);
  });

  test('they name an argument as the caller does', () => {
    using mapping = memory.mapAnonymousSync({ length: 4096 });
    expect(thrownBy(() => mapping.read(4097)).message).toContain('"offset"');
    expect(thrownBy(() => mapping.read(0, 4097)).message).toContain('"length"');
    expect(thrownBy(() => channel.directSync(undefined as unknown as string)).message).toBe(
      'The "target" argument must be a pid or a name. Received undefined',
    );
  });

  class Thing {
    readonly what = 'a thing';
  }

  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [7, 'type number (7)'],
    ['seven', "type string ('seven')"],
    [7n, 'type bigint (7n)'],
    [true, 'type boolean (true)'],
    [Symbol('s'), 'type symbol (Symbol(s))'],
    [{}, 'an instance of Object'],
    [new Thing(), 'an instance of Thing'],
    [Thing, 'function Thing'],
  ])('a wrong type is described: %p', (value, description) => {
    const error = invalidType('name', 'an integer', value);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.code).toBe('ERR_INVALID_ARG_TYPE');
    expect(error.message).toBe(`The "name" argument must be an integer. Received ${description}`);
  });

  test.each([Object.create(null), { constructor: null }])(
    'a value without a constructor is described, too: %p',
    (value: unknown) => {
      expect(invalidType('name', 'a string', value).code).toBe('ERR_INVALID_ARG_TYPE');
    },
  );

  /** What throws when it is looked at. */
  function revoked(what: object): unknown {
    const { proxy, revoke } = Proxy.revocable(what, {});
    revoke();
    return proxy;
  }
  const throws = (): never => {
    throw new Error('nothing to see');
  };

  test.each([
    [revoked({}), 'an instance of Object'],
    [revoked([]), 'an instance of Object'],
    [revoked(throws), 'function '],
    [new Proxy({}, { get: throws }), 'an instance of Object'],
    [Object.defineProperty({}, 'constructor', { get: throws }), 'an instance of Object'],
    [Object.defineProperty(() => 1, 'name', { get: throws }), 'function '],
    [Object.defineProperty(() => 1, 'name', { value: Symbol('s') }), 'function '],
  ])('a value that throws when it is looked at is described, too: %#', (value, description) => {
    for (const error of [
      invalidType('name', 'an integer', value),
      outOfRange('name', '>= 1', value),
    ]) {
      expect(error.message.endsWith(`Received ${description}`)).toBe(true);
    }
  });

  test('a value out of range is told', () => {
    const error = outOfRange('name', '>= 1', 0);
    expect(error).toBeInstanceOf(RangeError);
    expect(error.code).toBe('ERR_OUT_OF_RANGE');
    expect(error.message).toBe('The value of "name" is out of range. It must be >= 1. Received 0');
  });

  test.each([
    [null, 'null'],
    [undefined, 'undefined'],
    [5n, '5'],
    [Symbol('s'), 'Symbol(s)'],
    [Object.create(null), 'an instance of Object'],
    [new Date(NaN), 'an instance of Date'],
    [
      {
        toString: (): never => {
          throw new Error('no text');
        },
      },
      'an instance of Object',
    ],
  ])('any value out of range is told: %#', (value: unknown, description) => {
    const { message } = outOfRange('name', '>= 1', value);
    expect(message.endsWith(`Received ${description}`)).toBe(true);
  });
});
