import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import path from 'node:path';

import { lock } from 'posix-ipc';

import {
  adopt,
  fileLock,
  kinds,
  Outsider,
  untilWaiting,
  withOutsider,
} from '../support/file-locks';
import { temporaryFile } from '../support/files';
import { isRoot, testIf } from '../support/machine';
import { codeOfRejection } from '../support/outcome';

const { FileLock } = lock;

function freePath(): string {
  const file = temporaryFile('');
  unlinkSync(file);
  return file;
}

describe('opening', () => {
  const forms: [
    string,
    (file: string, options?: lock.FileLockOptions) => Promise<lock.FileLock>,
  ][] = [
    ['create', (file, options) => FileLock.create(file, options)],
    [
      'createSync',
      (file, options) => Promise.resolve().then(() => FileLock.createSync(file, options)),
    ],
    ['openOrCreate', (file, options) => FileLock.openOrCreate(file, options)],
    [
      'openOrCreateSync',
      (file, options) => Promise.resolve().then(() => FileLock.openOrCreateSync(file, options)),
    ],
  ];

  test.each(forms)('%s makes a file with the exact mode', async (_name, make) => {
    const before = process.umask(0o077);
    try {
      const [one, other] = [freePath(), freePath()];
      adopt(await make(one, { mode: 0o664 }));
      adopt(await make(other));
      expect(statSync(one).mode & 0o777).toBe(0o664);
      expect(statSync(other).mode & 0o777).toBe(0o600);
      unlinkSync(one);
      unlinkSync(other);
    } finally {
      process.umask(before);
    }
  });

  test('create refuses a file that is there, open one that is not', async () => {
    const file = temporaryFile('');
    expect(() => FileLock.createSync(file)).toThrow(
      expect.objectContaining({ code: 'EEXIST', syscall: 'open', path: file }) as Error,
    );
    await expect(FileLock.create(file)).rejects.toMatchObject({ code: 'EEXIST' });
    unlinkSync(file);
    expect(() => FileLock.openSync(file)).toThrow(
      expect.objectContaining({ code: 'ENOENT', path: file }) as Error,
    );
    await expect(FileLock.open(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('openOrCreate leaves what is there as it is', async () => {
    const file = temporaryFile('content');
    adopt(await FileLock.openOrCreate(file, { mode: 0o666 }));
    expect(statSync(file)).toMatchObject({ size: 7, mode: expect.anything() as number });
  });

  test('a link that leads nowhere is ENOENT, and not for ever', () => {
    const link = freePath();
    symlinkSync('/nowhere/at/all', link);
    expect(() => FileLock.openOrCreateSync(link)).toThrow(
      expect.objectContaining({ code: 'EEXIST' }) as Error,
    );
    unlinkSync(link);
  });

  test('a folder can be locked with access read', () => {
    const folder = freePath();
    mkdirSync(folder);
    const file = adopt(FileLock.openSync(folder, { access: 'read', kind: 'flock' }));
    file.lockSync().release();
    expect(() => FileLock.openSync(folder)).toThrow(
      expect.objectContaining({ code: 'EISDIR' }) as Error,
    );
    rmdirSync(folder);
  });

  testIf(!isRoot, 'root may open all')('a file that may not be written is EACCES', () => {
    expect(() => FileLock.openSync('/etc/passwd')).toThrow(
      expect.objectContaining({ code: 'EACCES' }) as Error,
    );
  });

  test('the descriptor is close-on-exec', () => {
    const file = fileLock('ofd');
    const info = readFileSync(`/proc/self/fdinfo/${String(file.fd)}`, 'latin1');
    expect(parseInt(/^flags:\s+(\d+)/m.exec(info)?.[1] ?? '', 8) & 0o2000000).not.toBe(0);
    file.close();
    expect(() => file.fd).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }) as Error);
  });

  test('wrong options are typed errors, before a file is made', () => {
    const file = freePath();
    const wrong: [unknown, string][] = [
      [{ kind: 'fcntl' }, 'ERR_OUT_OF_RANGE'],
      [{ kind: 1 }, 'ERR_INVALID_ARG_TYPE'],
      [{ access: 'append' }, 'ERR_OUT_OF_RANGE'],
      [{ mode: 0o1777 }, 'ERR_OUT_OF_RANGE'],
      ['ofd', 'ERR_INVALID_ARG_TYPE'],
    ];
    for (const [options, code] of wrong) {
      expect(() => FileLock.openOrCreateSync(file, options as lock.FileLockOptions)).toThrow(
        expect.objectContaining({ code }) as Error,
      );
    }
    expect(existsSync(file)).toBe(false);
  });
});

describe.each(kinds)('%s', (kind) => {
  test('detach hands the descriptor over, with its locks', async () => {
    const [file, outsider] = await withOutsider(kind);
    const guard = file.lockSync();
    const waiting = file.lock();
    const fd = file.detach();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    expect([guard.released, file.closed]).toEqual([true, true]);
    expect(await outsider.ask('try')).toBe('EAGAIN');
    closeSync(fd);
    expect(await outsider.ask('try')).toBe('done');
  });

  test('detach while an upgrade waits hands the shared lock over', async () => {
    const [file, outsider] = await withOutsider(kind);
    await outsider.hold('r 0 0');
    const guard = file.lockSync({ shared: true });
    const outcome = codeOfRejection(guard.upgrade());
    await untilWaiting(file.path ?? '');
    const other = adopt(lock.FileLock.fromFdSync(file.detach(), { kind, own: true }));
    expect(await outcome).toBe('ERR_CLOSED');
    expect([guard.released, guard.lost]).toEqual([true, false]);
    expect(other.held).toEqual([{ kind, shared: true, start: 0n, length: 0n }]);
  });

  test('fromFd: a copy leaves the descriptor open, one that is owned does not', async () => {
    const path = temporaryFile('');
    const outsider = await Outsider.of(fileLock(kind, path));
    const fd = openSync(path, 'r+');
    const copy = adopt(FileLock.fromFdSync(fd, { kind, own: false }));
    expect(copy.fd).not.toBe(fd);
    expect(copy.path).toBeUndefined();
    copy.lockSync();
    expect(await outsider.ask('try')).toBe('EAGAIN');
    copy.close();
    expect(await outsider.ask('try')).toBe('done'); // the guard was released, although the file is open
    await outsider.unlock();
    const owner = adopt(await FileLock.fromFd(fd, { kind }));
    expect(owner.fd).toBe(fd);
    owner.lockSync();
    owner.close();
    expect(() => {
      closeSync(fd);
    }).toThrow('EBADF');
    expect(() => FileLock.fromFdSync(999_999)).toThrow(
      expect.objectContaining({ code: 'EBADF', fd: 999_999 }) as Error,
    );
    expect(() => FileLock.fromFdSync(-1)).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }) as Error,
    );
  });

  test('isCurrent tells whether the path still leads to the file', () => {
    const file = fileLock(kind);
    const place = file.path ?? '';
    expect(file.isCurrent()).toBe(true);
    unlinkSync(place);
    expect(file.isCurrent()).toBe(false);
    closeSync(openSync(place, 'w'));
    expect(file.isCurrent()).toBe(false);
    const other = adopt(FileLock.fromFdSync(openSync(place, 'r'), { kind }));
    expect(() => other.isCurrent()).toThrow(expect.objectContaining({ code: 'EINVAL' }) as Error);
  });
});

test('a relative path is still the same after chdir', () => {
  const file = temporaryFile('');
  const before = process.cwd();
  try {
    process.chdir(path.dirname(file));
    const locked = adopt(FileLock.openSync(path.basename(file)));
    process.chdir('/');
    expect(locked.isCurrent()).toBe(true);
    expect(locked.path).toBe(path.basename(file));
  } finally {
    process.chdir(before);
  }
});

test('the constructor is for openers', () => {
  const Constructor = FileLock as unknown as new () => unknown;
  expect(() => new Constructor()).toThrow(
    expect.objectContaining({ code: 'ERR_ILLEGAL_CONSTRUCTOR' }) as Error,
  );
});
