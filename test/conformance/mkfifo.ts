/** Rows of mkfifo(3). No suite has them. */

import { mkdirSync, statSync, symlinkSync } from 'node:fs';

import { stream } from 'posix-ipc';
import { mkfifo } from 'posix-ipc/syscalls';

import { withUmask } from '../support/umask';
import { asNobody } from './elsewhere';
import { newFifo, unusedPath } from './fifos';
import { root } from './needs';
import { different, own, type Column, type Row } from './row';

/** Type and permission bits. */
function modeOf(path: string): string {
  return statSync(path).mode.toString(8);
}

function made(mask: number, mode: number): () => string {
  return () => {
    const { key } = unusedPath();
    withUmask(mask, () => {
      mkfifo(key, mode);
    });
    return modeOf(key);
  };
}

function madeByClass(mask: number, mode: number): () => string {
  return () => {
    const { key } = unusedPath();
    withUmask(mask, () => {
      stream.mkfifoSync(key, mode);
    });
    return modeOf(key);
  };
}

function mode(c: string, what: string, expected: string, mask: number, bits: number): Row {
  return own(c, what, expected, made(mask, bits), madeByClass(mask, bits));
}

/** What is at the path stands in the way. */
function refused(c: string, what: string, expected: string, path: () => string): Row {
  const promise: Column = () => stream.mkfifo(path());
  return own(
    c,
    what,
    expected,
    () => {
      mkfifo(path(), 0o600);
    },
    promise,
  );
}

function link(target: (path: string) => string): string {
  const { key } = unusedPath();
  symlinkSync(target(key), key);
  return key;
}

function privateFolder(): string {
  const { key } = unusedPath();
  mkdirSync(key, { mode: 0o700 });
  return key;
}

export const mkfifoRows: Row[] = [
  mode('mkfifo-mode', 'a FIFO, with its mode', '10640', 0, 0o640),
  {
    ...mode('mkfifo-umask', 'the umask takes from the mode', '10640', 0o027, 0o666),
    promise: different('10666', 'the modes of classes are exact', madeByClass(0o027, 0o666)),
  },
  {
    ...mode('mkfifo-sticky', 'more than permission bits', '11644', 0, 0o1644),
    promise: different(
      'ERR_OUT_OF_RANGE',
      'arguments are checked before the call',
      madeByClass(0, 0o1644),
    ),
  },
  refused('mkfifo-exists', 'a path that is taken', 'EEXIST', () => newFifo().key),
  refused('mkfifo-link', 'a link that leads nowhere', 'EEXIST', () =>
    link(() => '/nowhere/at/all'),
  ),
  refused(
    'mkfifo-no-folder',
    'a folder that there is not',
    'ENOENT',
    () => `${unusedPath().key}/fifo`,
  ),
  refused('mkfifo-empty-path', 'no path', 'ENOENT', () => ''),
  refused('mkfifo-not-folder', 'a folder that is none', 'ENOTDIR', () => '/dev/null/fifo'),
  refused(
    'mkfifo-long-name',
    'a name of 256 bytes',
    'ENAMETOOLONG',
    () => `/tmp/${'x'.repeat(256)}`,
  ),
  refused('mkfifo-long-path', 'a path of 4096 bytes', 'ENAMETOOLONG', () => '/.'.repeat(2048)),
  refused(
    'mkfifo-loop',
    'a link to itself on the way',
    'ELOOP',
    () => `${link((key) => key)}/fifo`,
  ),
  {
    ...own(
      'mkfifo-forbidden',
      'a folder of another user',
      'EACCES',
      () => asNobody('mkfifo', `${privateFolder()}/fifo`),
      () => asNobody('fifo-create', `${privateFolder()}/fifo`),
    ),
    needs: root,
  },
];
