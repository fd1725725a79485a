/** What a run writes takes the place of what was there, or leaves it. */

import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { nextOf, replaceFile } from '../../bench/core/replace-file';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'posix-ipc-test-replace-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('a new file, then another one in its place; nothing else is left', () => {
  const file = path.join(folder, 'results.json');
  for (const text of ['long enough', 'new']) {
    replaceFile(file, text);
    expect(readFileSync(file, 'utf8')).toBe(text);
  }
  expect(readdirSync(folder)).toEqual(['results.json']);
});

test('where there is no room for the new one, the old one stays', () => {
  const file = path.join(folder, 'results.json');
  writeFileSync(file, 'old');
  symlinkSync('/dev/full', nextOf(file)); // what is written next goes there
  expect(() => {
    replaceFile(file, 'new');
  }).toThrow(/ENOSPC/);
  expect(readFileSync(file, 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['results.json']);
});

test('a link stays one', () => {
  const [file, link] = [path.join(folder, 'results.json'), path.join(folder, 'link.json')];
  writeFileSync(file, 'old');
  symlinkSync(file, link);
  replaceFile(link, 'new');
  expect(readFileSync(file, 'utf8')).toBe('new');
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
});

test('a device stays one', () => {
  replaceFile('/dev/null', 'new');
  expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
});
