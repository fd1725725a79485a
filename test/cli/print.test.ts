import path from 'node:path';

import { ifKnown, tableOf, type Column } from '../../lib/cli/kind';
import { json, tableText } from '../../lib/cli/print';
import {
  bytesText,
  commandLineOf,
  commandOf,
  dateText,
  keyText,
  modeText,
  printable,
  processText,
  userText,
} from '../../lib/cli/words';
import { Peer } from '../support/processes';
import { waitUntil } from '../support/wait-until';

interface Row {
  name: string;
  count: number;
}

const columns: Column<Row>[] = [
  { header: 'name', text: ({ name }) => name },
  { header: 'n', text: ({ count }) => String(count), right: true },
  { header: 'more', text: () => 'hidden', detail: true },
];

test('numbers stand below each other, and nothing follows the last text', () => {
  const rows = [
    { name: 'a', count: 1 },
    { name: 'longer', count: 100 },
  ];
  expect(tableText(tableOf('Things', columns, rows, ['2 more']))).toBe(
    ['Things', '  NAME      N', '  a         1', '  longer  100', '  2 more', ''].join('\n'),
  );
});

test('nothing is said to be none, unless it is said why', () => {
  expect(tableText(tableOf('Things', columns, []))).toBe('Things\n  none\n');
  expect(tableText(tableOf('Things', columns, [], ['not mounted']))).toBe(
    'Things\n  not mounted\n',
  );
});

test('JSON has null for what is not known, and keys and modes as people write them', () => {
  const given = { key: -1, mode: 0o640, pid: 5, at: new Date(0), gone: undefined };
  expect(JSON.parse(json(given))).toEqual({
    key: '0xffffffff',
    mode: '0640',
    pid: 5,
    at: '1970-01-01T00:00:00.000Z',
    gone: null,
  });
  expect(json('\u009b\u202e')).toBe('"\\u009b\\u202e"\n');
});

test('words for numbers', () => {
  expect(keyText(0)).toBe('private');
  expect(keyText(0x4d2)).toBe('0x000004d2');
  expect(modeText(0)).toBe('0000');
  expect(dateText(undefined)).toBe('never');
  expect(dateText(new Date(1e12))).toBe('2001-09-09T01:46:40Z');
  expect(userText(0)).toBe('root');
  expect(userText(4_000_000_000)).toBe('4000000000');
  expect(processText(0)).toBe('-');
  const shown = `${String(process.ppid)} (${commandOf(process.ppid) ?? ''})`;
  expect(processText(process.ppid)).toBe(shown);
  expect(commandOf(process.ppid)).not.toContain('/');
  expect(processText(2 ** 30)).toBe(`${String(2 ** 30)} (gone)`);
});

test('what is no text is escaped', () => {
  expect(printable('a b\u0007\u009b\u202ec\u00e9')).toBe(
    'a b\\x07\\xc2\\x9b\\xe2\\x80\\xae' + 'c\u00e9',
  );
  expect(bytesText(Buffer.from('a\\b\n\xff', 'latin1'), 10)).toBe('a\\\\b\\x0a\\xff');
  expect(bytesText(Buffer.from('abcdef'), 3)).toBe('abc...');
});

test('a mistake of ours is not taken for what the kernel refuses', () => {
  const notes: string[] = [];
  expect(() => {
    ifKnown(() => {
      throw new TypeError('ours');
    }, notes);
  }).toThrow('ours');
  expect(notes).toEqual([]);
});

test('a process is known by what it was started as, whatever its threads are called', async () => {
  const peer = new Peer(process.execPath, ['--eval', 'setInterval(Date, 1e6)', 'a\u0007b']);
  await waitUntil('it runs', () => commandLineOf(peer.pid)?.length === 4);
  const line = [process.execPath, '--eval', 'setInterval(Date, 1e6)', 'a\u0007b'];
  expect(commandLineOf(peer.pid)).toEqual(line);
  expect(commandOf(peer.pid)).toBe(path.basename(process.execPath));
  expect(commandLineOf(2 ** 30)).toBeUndefined();
});

test('of a written title the program is what comes first, and not too much of it', async () => {
  const started = [
    ['sshd: alice@pts/0', 'sshd'],
    ['/usr/bin/' + 'x'.repeat(100), 'x'.repeat(30) + '...'],
  ] as const;
  for (const [argv0, name] of started) {
    const peer = new Peer(process.execPath, ['--eval', 'setInterval(Date, 1e6)'], { argv0 });
    await waitUntil('it runs', () => commandLineOf(peer.pid)?.[0] === argv0);
    expect(processText(peer.pid)).toBe(`${String(peer.pid)} (${name})`);
  }
});
