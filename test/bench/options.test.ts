import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  Misuse,
  parseOptions,
  refuseUnused,
  refuseUnwritable,
  type Options,
} from '../../bench/options';
import { durationText, keepsItsNumber, lasting, secondsOf } from '../../bench/core/duration';
import { measure } from '../support/outcomes';

function parsed(...args: string[]): Options {
  const options = parseOptions(args);
  if (options === 'help') throw new Error('no options');
  return options;
}

function inFolder(look: (folder: string) => void): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'posix-ipc-test-options-'));
  try {
    look(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const work = { size: 64, warm: 5, count: 1000, check: 5, pause: 0, batch: 1, selectors: 1 };

test.each([['-h'], ['--help'], ['sysv', '--quick', '-h']])('%s asks for help', (...args) => {
  expect(parseOptions(args)).toBe('help');
});

test('without options the rows are as they are', () => {
  expect(parsed()).toMatchObject({ payloads: undefined, duration: undefined, rate: undefined });
});

test.each([
  ['64,1k,64k', [64, 1024, 65_536]],
  ['1M', [1_048_576]],
  ['64k, 4,64k', [4, 65_536]],
])('--payload %s', (text, payloads) => {
  expect(parsed('--payload', text).payloads).toEqual(payloads);
});

test.each([
  ['--payload', ['', '3', '1.5k', '2m', '64,', '-64', '1kb', 'big']],
  ['--duration', ['', '0', '31', 'long', 'NaN']],
  ['--rate', ['', '0', 'fast', '1e9']],
])('%s refuses what makes no sense, in one sentence', (option, values) => {
  for (const value of values) {
    const attempt = (): unknown => parseOptions([`${option}=${value}`]);
    expect(attempt).toThrow(Misuse);
    expect(attempt).toThrow(new RegExp(`^${option} takes [^\n]*; not `));
  }
});

test.each(['--rounds', '--repeat'])('%s is a whole number', (option) => {
  for (const value of ['', '0', '1.5', 'often']) {
    expect(() => parseOptions([`${option}=${value}`])).toThrow(
      new RegExp(`^${option} takes a number, 1 or more; not `),
    );
  }
  expect(parsed(`${option}=3`)).toMatchObject({ [option.slice(2)]: 3 });
});

test.each([
  [['--pin', '--one-cpu'], '--pin and --one-cpu exclude each other'],
  [['--smoke', '--quick'], '--smoke and --quick exclude each other'],
  [['--smoke', '--duration', '1'], '--smoke and --duration exclude each other'],
  [['--only', 'a', '--document', 'b'], '--only and --document exclude each other'],
  [['--payload', '64', '--document', 'b'], '--payload and --document exclude each other'],
  [['--smoke', '--document', 'b'], '--smoke and --document exclude each other'],
  [['--only', ''], '--only takes a part of the name of a row, or a scenario; not nothing'],
  [['--only'], '--only takes a part of the name of a row, or a scenario; not nothing'],
  [['--json', '--html', 'x'], '--json takes the name of a file; not --html'],
  [['sysv', '--json', '--', 'x'], '--json takes the name of a file; not --'],
  [['--rounds', '--quick'], '--rounds takes a number, 1 or more; not --quick'],
  [['--rate', '-5'], '--rate takes a number from 1 to 10000000; not -5'],
  [['--document'], '--document takes the name of a file; not nothing'],
  [['--json='], '--json takes the name of a file; not nothing'],
  [['--html', ''], '--html takes the name of a file; not nothing'],
  [['--markdown= '], '--markdown takes the name of a file; not nothing'],
])('%j is refused in one sentence', (args, message) => {
  const attempt = (): unknown => parseOptions(args);
  expect(attempt).toThrow(Misuse);
  expect(attempt).toThrow(new RegExp(`^${message}$`));
});

test('what goes together is taken', () => {
  expect(parsed('--quick', '--duration', '1', '--pin', '--json', 'a')).toMatchObject({
    ...{ effort: 'quick', duration: 1, placement: 'apart', json: 'a' },
  });
  expect(parsed('--smoke', '--one-cpu')).toMatchObject({ effort: 'smoke', placement: 'together' });
});

test('a rate is refused where no row has a schedule', () => {
  const attempt = (): unknown => {
    refuseUnused(parsed('--rate', '100'), [{ scenario: 'pair' }, { scenario: 'round-trip' }]);
    return undefined;
  };
  expect(attempt).toThrow(Misuse);
  expect(attempt).toThrow(/^--rate is for rows with a schedule, and none is selected$/);
  refuseUnused(parsed('--rate', '100'), [{ scenario: 'pair' }, { scenario: 'schedule' }]);
  refuseUnused(parsed(), [{ scenario: 'pair' }]);
});

test.each(['json', 'html', 'markdown', 'document'])(
  '--%s is a file that can be written',
  (name) => {
    const check = (file: string): void => {
      refuseUnwritable(parsed(`--${name}`, file));
    };
    expect(() => {
      check('/there/is/none.txt');
    }).toThrow(/^--\w+ takes the name of a file in a folder that may be written to; not \/there/);
    expect(() => {
      check('/tmp');
    }).toThrow(/^--\w+ takes the name of a file; not of a folder, \/tmp$/);
    expect(() => {
      check(process.execPath); // a program that runs
    }).toThrow(/^--\w+ takes the name of a file that may be written; not \//);
    expect(() => {
      check('/proc/nothing.txt'); // whoever may write to any folder
    }).toThrow(/^--\w+ takes the name of a file in a folder that may be written to; not \/proc/);
    check(`${tmpdir()}/posix-ipc-nothing.txt`);
    check('nothing.txt');
    expect(existsSync('nothing.txt')).toBe(false);
    if (name !== 'document') check('/dev/stdout');
  },
);

test('a document is no device, which a file would take the place of, and no pipe, which has no end', () => {
  const attempt = (): void => {
    refuseUnwritable(parsed('--document', '/dev/null'));
  };
  expect(attempt).toThrow(Misuse);
  expect(attempt).toThrow(
    /^--document takes the name of a file; not of a device or a pipe, \/dev\/null$/,
  );
});

test('no two reports go into one file', () => {
  const attempt = (html: string): unknown => {
    refuseUnwritable(parsed('--json', 'one.txt', '--html', html));
    return undefined;
  };
  expect(() => attempt('./one.txt')).toThrow(Misuse);
  expect(() => attempt('./one.txt')).toThrow(/^--json and --html name one file, .\/one.txt$/);
  attempt('other.txt');
  inFolder((folder) => {
    const [one, other] = ['one.txt', 'other.txt'].map((name) => path.join(folder, name));
    symlinkSync('one.txt', other ?? '');
    const both = parsed('--json', one ?? '', '--html', other ?? '');
    const names = /name one file/;
    expect(() => {
      refuseUnwritable(both);
    }).toThrow(names);
    writeFileSync(one ?? '', 'stays');
    expect(() => {
      refuseUnwritable(both);
    }).toThrow(names);
    expect(readFileSync(one ?? '', 'utf8')).toBe('stays');
    expect(readdirSync(folder)).toEqual(['one.txt', 'other.txt']);
  });
  refuseUnwritable(parsed('--json', '/dev/null', '--html', '/dev/null'));
});

test('a duration is refused where all rows keep their number of messages', () => {
  const kept = [{ scenario: 'waits' }, { scenario: 'fan-out', keeps: true }] as const;
  const attempt = (): unknown => {
    refuseUnused(parsed('--duration', '1'), kept);
    return undefined;
  };
  expect(attempt).toThrow(Misuse);
  expect(attempt).toThrow(/^--duration is for rows whose number of messages may be another/);
  refuseUnused(parsed('--duration', '1'), [...kept, { scenario: 'fan-out' }]);
  refuseUnused(parsed(), kept);
});

test('--duration and --rate are numbers', () => {
  expect(parsed('--duration', '0.5', '--rate', '2000')).toMatchObject({
    duration: 0.5,
    rate: 2000,
  });
});

describe('a sample that is to last', () => {
  const streamed = { values: { ns: 1e6 }, latencies: {} };

  test('has as many messages as fit', () => {
    expect(secondsOf('stream', work, streamed)).toBeCloseTo(1);
    expect(lasting('stream', work, streamed, 3).count).toBe(3000);
    expect(lasting('stream', work, streamed, 0.02).count).toBe(20);
  });

  test('counts the rest before each round trip', () => {
    const trips = { values: {}, latencies: { 'round trip': [1e6, 2e6, 3e6] } };
    const rested = { ...work, count: 3, pause: 3000 };
    expect(secondsOf('round-trip', rested, trips)).toBeCloseTo(0.015);
    expect(lasting('round-trip', rested, trips, 0.15).count).toBe(30);
  });

  test('counts what several senders send together', () => {
    const gathered = { ...work, receivers: 4 };
    expect(secondsOf('gather', gathered, streamed)).toBeCloseTo(4);
    expect(lasting('gather', gathered, streamed, 1).count).toBe(250);
    // What several share is sent by one.
    expect(lasting('share', gathered, streamed, 1).count).toBe(1000);
  });

  test('has some messages, and not more than can be kept', () => {
    expect(lasting('stream', work, { values: { ns: 1e9 }, latencies: {} }, 1).count).toBe(10);
    const quick = { values: { ns: 1 }, latencies: { request: [1] } };
    expect(lasting('in-flight', work, quick, 30).count).toBe(1_000_000);
  });

  test('on a schedule has as many as that has in the time', () => {
    const answers = { values: { ns: 1e6 }, latencies: { request: [1] } };
    expect(lasting('schedule', { ...work, rate: 250 }, answers, 3).count).toBe(750);
  });

  test('keeps its number where that belongs to what is measured', () => {
    expect(keepsItsNumber({ scenario: 'waits' })).toBe(true);
    expect(keepsItsNumber({ scenario: 'fan-out', keeps: true })).toBe(true);
    expect(keepsItsNumber({ scenario: 'fan-out', keeps: false })).toBe(false);
    expect(keepsItsNumber({ scenario: 'stream' })).toBe(false);
    const rows = [measure({ scenario: 'waits' }), measure()];
    expect(durationText(2, rows)).toMatch(/^about 2 s .*; 1 of 2 rows keep theirs$/);
    expect(durationText(2, [measure()])).toMatch(/sample$/);
  });
});
