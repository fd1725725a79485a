import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SystemError } from 'posix-ipc';
import { making } from '../../bench/core/cleanup';
import { inLanes } from '../../bench/core/lanes';
import type { Contender, Facility, Measure } from '../../bench/core/measure';
import { patienceFor, runTogether } from '../../bench/core/program';
import { run, stepsOf, type Outcome, type RunOptions } from '../../bench/core/run';
import { Interruption, never } from '../../bench/core/stop';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'posix-ipc-test-run-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A program that says it took a microsecond for each message, and writes down what it was told to do. */
function program(name = 'program', rate = 0): Contender {
  const file = path.join(folder, name);
  const values = `{"ns":1000,"rate":${String(rate)}}`;
  const text = `echo "$1 $6 \${13}" >> ${file}.told; echo '{"values":${values},"latencies":{}}'`;
  writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return { language: 'C', program: file };
}

/** What each sample was told: its program's role, messages, requests per second. */
function told(name = 'program'): [role: string, count: number, rate: number][] {
  const lines = readFileSync(path.join(folder, `${name}.told`), 'utf8').trim();
  return lines.split('\n').map((line) => {
    const [role = '', count, rate] = line.split(' ');
    return [role, Number(count), Number(rate)];
  });
}

const facility: Facility = {
  measures: [],
  meet: () => ({ address: 'nowhere', complaint: () => undefined, remove: () => undefined }),
  facts: {},
};

function measure(scenario: Measure['scenario'], more: Partial<Measure> = {}): Measure {
  return {
    ...{ name: 'a', group: 'g', scenario, subject: program(), figures: [] },
    work: { size: 64, warm: 0, count: 100, check: 0, pause: 0, batch: 1, selectors: 1 },
    ...more,
  };
}

function ran(measures: readonly Measure[], more: Partial<RunOptions> = {}): Promise<Outcome[]> {
  return run(facility, measures, {
    ...{ rounds: 1, placement: 'free', duration: undefined, unmeasured: false },
    probe: () => Promise.resolve(1),
    stop: never,
    progress: { show: () => undefined, advance: () => undefined },
    ...more,
  });
}

/** How many messages each sample of one round was told to do. */
async function countsOf(scenario: Measure['scenario'], keeps = false): Promise<number[]> {
  const [outcome] = await ran([measure(scenario, { keeps })], { duration: 0.5 });
  expect(outcome).toMatchObject({ rounds: [expect.anything()] });
  return told().map(([, count]) => count);
}

test('a sample that is not counted says how many messages last so long', async () => {
  expect(await countsOf('pair')).toEqual([100, 500_000]);
});

test('there is none where the number of messages is kept', async () => {
  expect(await countsOf('waits')).toEqual([100]);
});

test('nor where it is that of one row', async () => {
  expect(await countsOf('pair', true)).toEqual([100]);
});

describe('a schedule without a rate', () => {
  const both = (): Measure =>
    measure('schedule', { subject: program('quick', 900.2), baseline: program('slow', 200.4) });
  const called = (name: string): unknown[] =>
    told(name).filter(([role]) => role === 'schedule-call');

  test('is that of the slower one for both', async () => {
    await ran([both()], { rounds: 2 });
    for (const name of ['quick', 'slow']) {
      expect(called(name).map((one) => (one as unknown[]).slice(1))).toEqual([
        ...[
          [100, 0],
          [100, 200],
          [100, 200],
        ],
      ]);
    }
  });

  test('lasts as long as asked for', async () => {
    await ran([both()], { duration: 2 });
    expect(called('quick').at(-1)).toEqual(['schedule-call', 400, 200]);
  });

  test('is for each its own where only faults count', async () => {
    await ran([both()], { unmeasured: true });
    expect(called('quick')).toEqual([['schedule-call', 100, 0]]);
  });
});

describe('where only faults count', () => {
  test('what stands in several rows does its work once in a round', async () => {
    const rows = ['a', 'b'].map((name) => measure('pair', { name, baseline: program('other') }));
    const outcomes = await ran(rows, { unmeasured: true, rounds: 2 });
    expect(outcomes.map(({ rounds }) => rounds.length)).toEqual([2, 2]);
    expect([told().length, told('other').length]).toEqual([2, 2]);
  });

  test('other work, or another place to meet, is not the same', async () => {
    const [one] = [measure('pair')];
    const rows = [
      one,
      { ...one, work: { ...one.work, size: 65 } },
      { ...one, scenario: 'repeat' as const },
      { ...one, subject: { ...one.subject, meet: () => facility.meet(one.work) } },
    ];
    await ran(rows, { unmeasured: true });
    expect(told()).toHaveLength(4);
  });

  test('its fault is that of each of its rows', async () => {
    const broken: Contender = { language: 'C', program: '/bin/false' };
    const rows = ['a', 'b'].map((name) => measure('pair', { name, subject: broken }));
    const outcomes = await ran(rows, { unmeasured: true });
    expect(outcomes.map(({ fault }) => fault?.who)).toEqual(['subject', 'subject']);
  });
});

/** A row whose program is this, as a shell has it. */
function shell(text: string): Measure {
  const file = path.join(folder, 'shell');
  writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return measure('pair', { subject: { language: 'C', program: file } });
}

describe('a program that says no result', () => {
  test.each([
    ['as it ends before', 'exit 0', 'it ended without a result'],
    ['but something else', 'echo hello', 'it says what is no result: hello'],
    ['but another value', 'echo 42', 'it says what is no result: 42'],
    ['and something else before', `echo hello; echo '{"values":{}}'`, 'it says what is no result'],
    ['as it fails', 'echo lost >&2; exit 1', 'lost'],
  ])('%s, is wrong, and the other rows are measured', async (_how, text, what) => {
    const [wrong, right] = await ran([shell(text), measure('pair', { name: 'b' })]);
    expect(wrong?.fault).toMatchObject({ what: expect.stringContaining(what) as string });
    expect(wrong?.fault?.refused).toBe(false);
    expect(right?.rounds).toHaveLength(1);
  });

  test('is not waited for by those that wait for it', async () => {
    const sleeps = { file: 'sleep', args: ['60'] };
    await expect(
      runTogether([sleeps, { file: 'true', args: [] }], () => undefined),
    ).rejects.toThrow('it ended without a result');
  });

  test.each([
    ['all of it as an error', `cat $0.text >&2; exit 1`],
    ['all of it as a result', `cat $0.text`],
  ])('but too much to stand in a table, %s: what it says first is told', async (_how, text) => {
    writeFileSync(path.join(folder, 'shell.text'), `\x1b[31mred\x1b[0m\ttab ${'x'.repeat(5000)}\n`);
    const [wrong] = await ran([shell(text)]);
    expect(wrong?.fault?.what).toMatch(/^(it says what is no result: )?red tab x{100,200}\.\.\.$/);
  });

  test('as it cannot be started, too', async () => {
    const nowhere: Contender = { language: 'C', program: path.join(folder, 'nowhere') };
    const [wrong] = await ran([measure('pair', { subject: nowhere })]);
    expect(wrong?.fault).toMatchObject({ what: expect.stringContaining('ENOENT') as string });
  });
});

describe('a program that does not end', () => {
  const sleeps = { file: 'sleep', args: ['60'] };

  test('hangs after so long, and is killed with the others', async () => {
    const begun = performance.now();
    await expect(runTogether([sleeps, sleeps], () => undefined, 50)).rejects.toThrow('it hung');
    expect(performance.now() - begun).toBeLessThan(30_000);
  });

  test('has the longer, the longer a sample is to last', () => {
    expect([undefined, 0.01, 30].map(patienceFor)).toEqual([60_000, 60_200, 660_000]);
  });
});

describe('what the system refuses', () => {
  const refusing = (): never => {
    throw new SystemError('ENOSPC', 'posix_fallocate');
  };
  const at = (meet: Facility['meet']): Contender => ({ ...program(), meet });

  test.each<[string, Facility['meet']]>([
    ['a place to meet', refusing],
    ['a look at it', (work) => ({ ...facility.meet(work), complaint: refusing })],
  ])('%s: nobody is wrong, and the other rows are measured', async (_what, meet) => {
    const [first, second] = await ran([measure('pair', { subject: at(meet) }), measure('pair')]);
    expect(first?.fault).toMatchObject({ refused: true });
    expect(first?.fault?.what).toMatch(/^ENOSPC/);
    expect(second?.rounds).toHaveLength(1);
  });

  test('is no excuse for what is wrong with the benchmark itself', async () => {
    const broken = at(() => {
      throw new Error('a bug');
    });
    await expect(ran([measure('pair', { subject: broken })])).rejects.toThrow('a bug');
  });

  test('after a part was made: that part is undone, the latest first', () => {
    const undone: number[] = [];
    const attempt = (): unknown =>
      making((undo) => {
        undo(() => undone.push(1));
        undo(() => undone.push(2));
        return refusing();
      });
    expect(attempt).toThrow('ENOSPC');
    expect(undone).toEqual([2, 1]);
    making((undo) => {
      undo(() => undone.push(3));
    });
    expect(undone).toEqual([2, 1]);
  });
});

test('each thing is done in one lane, so many at a time', async () => {
  let [now, most] = [0, 0];
  const done: number[] = [];
  await inLanes(2, [1, 2, 3, 4, 5], async (one) => {
    most = Math.max(most, ++now);
    await new Promise(setImmediate);
    done.push(one);
    now--;
  });
  expect(done.sort()).toEqual([1, 2, 3, 4, 5]);
  expect(most).toBe(2);
});

test('each measure that can be here is a step in each round, also where it is wrong', async () => {
  const wrong: Contender = { language: 'C', program: '/bin/false' };
  const measures = [
    measure('pair'),
    measure('pair', { name: 'wrong', subject: wrong }),
    measure('pair', { name: 'absent', absent: 'not here' }),
  ];
  let steps = 0;
  const advance = (): void => {
    steps++;
  };
  const progress = { show: () => undefined, advance };
  await ran(measures, { rounds: 3, progress });
  expect(steps).toBe(6);
  expect(stepsOf(measures, 3)).toBe(6);
});

describe('an interruption', () => {
  const asked = (): Interruption => {
    const stop = new Interruption();
    void stop.during(() => new Promise(() => undefined));
    expect(stop.ask()).toBe(true);
    return stop;
  };

  test('begins nothing any more', async () => {
    expect(await ran([measure('pair')], { stop: asked() })).toMatchObject([{ rounds: [] }]);
    expect(readdirSync(folder)).toEqual(['program']);
  });

  test('is no fault of who was at work, and what was whole stays', async () => {
    const stop = new Interruption();
    const failing = program('failing');
    const list = [measure('pair'), measure('pair', { name: 'b', subject: failing })];
    let probed = 0;
    const outcomes = await stop.during(() =>
      ran(list, {
        stop,
        probe: () => {
          // Before the second one: its programs are killed, and so is what probes.
          if (++probed < 3) return Promise.resolve(1);
          stop.ask();
          return Promise.reject(new Error('killed'));
        },
      }),
    );
    expect(outcomes.map(({ rounds, fault }) => [rounds.length, fault])).toEqual([
      [1, undefined],
      [0, undefined],
    ]);
  });

  test('only the first one while it is measured lets the process go on', async () => {
    const stop = new Interruption();
    expect(stop.ask()).toBe(false);
    await stop.during(() => {
      expect([stop.ask(), stop.ask()]).toEqual([true, false]);
      return Promise.resolve();
    });
    expect(stop.isAsked()).toBe(true);
  });

  test('after what was measured the process ends', async () => {
    const stop = new Interruption();
    await stop.during(() => Promise.resolve());
    expect([stop.ask(), stop.isAsked()]).toEqual([false, false]);
  });
});
