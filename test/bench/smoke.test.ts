import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ask, browser, screenshot } from '../support/browser';
import { testIf } from '../support/machine';
import { waitUntil } from '../support/wait-until';

const root = path.resolve(__dirname, '../..');
const run = promisify(execFile);

interface Report {
  machine: Record<string, string>;
  agreements: { medians: number[] }[];
  measures: {
    name: string;
    scenario: string;
    work: { size: number };
    rounds: Record<'subject' | 'baseline', { count: number; migrations?: number }>[];
    rows: { group: string; trouble?: string; wrong: boolean }[];
    percentiles: { group: string; loop: string }[];
    costs: { group: string }[];
  }[];
}

/** What a browser makes of the report; `plots` are their widths. */
interface Look {
  tables: number;
  rows: number;
  plots: number[];
  captions: string[];
  /** Of each plot of the transports, what its legend names, and in which colour; and how many lines it has. */
  legends: { names: string[]; colors: string[]; lines: number }[];
  paper: string;
  line: string;
}

const LOOK = `{
  tables: document.querySelectorAll('tbody:not(.facts tbody)').length,
  rows: document.querySelectorAll('tbody:not(.facts tbody) tr').length,
  plots: [...document.querySelectorAll('svg')].map((svg) => svg.getBoundingClientRect().width),
  captions: [...document.querySelectorAll('figcaption')].map((one) => one.textContent),
  legends: [...document.querySelectorAll('h2 ~ figure')].map((plot) => ({
    names: [...plot.querySelectorAll('.role-legend-label text')].map((one) => one.textContent),
    colors: [...plot.querySelectorAll('.role-legend-symbol path')].map((one) => one.getAttribute('stroke')),
    lines: plot.querySelectorAll('.mark-line.role-mark path').length,
  })),
  paper: getComputedStyle(document.body).backgroundColor,
  line: getComputedStyle(document.querySelector('svg [stroke^=var]')).stroke,
}`;

/** Those of the transports: each once. */
const PLOTS = [
  /^One way, by size/,
  /^One way, beside the C program/,
  /^One way, ours beside/,
  /^Round trips of 64 B.*closed loop/,
  /^Requests of 64 B, by how many are in flight/,
  /^Requests of 64 B, 8 in flight: a closed loop/,
  /^Requests of 64 B on a schedule/,
  /^From one to many/,
];

/** Scenarios of programs that talk. */
const talking = [
  ...['stream', 'objects', 'fan-out', 'gather', 'share'],
  ...['round-trip', 'in-flight', 'schedule'],
];

/** The benchmark as a user runs it; rivals are not installed for it. */
function bench(env: NodeJS.ProcessEnv, ...args: string[]): ReturnType<typeof run> {
  const start = path.join(root, 'bench/start.mjs');
  const environment = { ...process.env, ...env };
  return run(process.execPath, [start, ...args, '--no-install'], { cwd: root, env: environment });
}

/** Its output, also where it fails: which program was wrong stands there. */
async function outputOf(running: ReturnType<typeof run>): Promise<string> {
  try {
    return String((await running).stdout);
  } catch (error) {
    const failed = error as Error & { stdout?: string };
    failed.message += failed.stdout ?? '';
    throw failed;
  }
}

/** What `bench` has compiled, as it is. */
function compiled(...args: string[]): ReturnType<typeof run> {
  return compiledIn({}, ...args);
}

function compiledIn(env: NodeJS.ProcessEnv, ...args: string[]): ReturnType<typeof run> {
  const main = path.join(root, 'dist-programs/bench/main.js');
  return run(process.execPath, [main, ...args], { env: { ...process.env, ...env } });
}

/** The one folder in a folder. */
function only(folder: string): string {
  return path.join(folder, readdirSync(folder)[0] ?? '');
}

describe('npm run bench', () => {
  let folder = '';

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'posix-ipc-test-bench-'));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test('--smoke: every driver of every facility does its work, no message lost, doubled or damaged', async () => {
    const file = path.join(folder, 'smoke.json');
    const page = path.join(folder, 'smoke.html');
    const running = bench({}, '--smoke', '--json', file, '--html', page);
    expect(await outputOf(running)).toContain('A smoke run');
    const { measures } = JSON.parse(readFileSync(file, 'utf8')) as Report;
    expect(measures.flatMap(({ rows }) => rows).filter(({ wrong }) => wrong)).toEqual([]);
    // A rival may hang, or be absent: its row has no numbers.
    const sound = measures.filter(({ rows }) => rows.every(({ trouble }) => trouble === undefined));
    // Two programs that talk also say what it cost them; threads of one process, together.
    const two = sound.filter(({ scenario }) => talking.includes(scenario));
    expect(two.filter(({ costs }) => costs.length !== 1).map(({ name }) => name)).toEqual([]);
    const scenarios = ['pair', ...talking, 'waits', 'repeat'];
    expect(new Set(measures.map(({ scenario }) => scenario))).toEqual(new Set(scenarios));
    expect(measures.length).toBeGreaterThanOrEqual(240);
    // Each says which loop it is, and a closed one is corrected, too.
    const loops = new Map(
      sound.map(({ scenario, percentiles }) => [
        scenario,
        percentiles.map(({ loop }) => loop).join(', then '),
      ]),
    );
    expect(loops.get('schedule')).toBe('open');
    expect(loops.get('in-flight')).toBe('closed, then closed, corrected');
  }, 1_800_000);

  // The report of the run above.
  testIf(browser !== undefined, 'no browser')(
    'its report opens in a browser, in light and in dark, with all tables and plots',
    () => {
      const page = path.join(folder, 'smoke.html');
      const { measures } = JSON.parse(
        readFileSync(path.join(folder, 'smoke.json'), 'utf8'),
      ) as Report;
      const rows = measures.flatMap((measure) => measure.rows);
      const costs = measures.flatMap((measure) => measure.costs);
      const late = measures.flatMap((measure) => measure.percentiles);
      const groupsOf = (all: readonly { group: string }[]): number =>
        new Set(all.map(({ group }) => group)).size;
      const looks = (['light', 'dark'] as const).map((scheme) => ask(page, LOOK, scheme) as Look);
      for (const { tables, rows: shown, plots, captions, legends } of looks) {
        expect(tables).toBe(groupsOf(rows) + groupsOf(late) + groupsOf(costs));
        expect(shown).toBe(rows.length + late.length + costs.length);
        expect(plots.length).toBeGreaterThan(groupsOf(rows) / 2);
        expect(Math.min(...plots)).toBeGreaterThan(100);
        for (const caption of PLOTS)
          expect(captions.filter((one) => caption.test(one))).toHaveLength(1);
        // A legend names what is there, and a transport has the same colour in each plot.
        expect(legends.map(({ lines }) => lines)).toEqual(legends.map(({ names }) => names.length));
        const colors = legends.flatMap((one) => one.names.map((name, i) => [name, one.colors[i]]));
        const named = new Set(colors.map(([name]) => name));
        expect(new Set(colors.map((pair) => pair.join())).size).toBe(named.size);
        expect(named.size).toBeGreaterThan(15);
      }
      const [light, dark] = looks;
      expect(dark?.paper).not.toBe(light?.paper);
      expect(dark?.line).not.toBe(light?.line);
      const picture = path.join(folder, 'smoke.png');
      screenshot(page, picture);
      expect(statSync(picture).size).toBeGreaterThan(20_000); // a blank one has 5,000
    },
  );

  test('--repeat, --duration and --pin: each run, as long as asked for, and on which CPUs', async () => {
    const [file, page] = ['repeat.json', 'repeat.html'].map((name) => path.join(folder, name));
    const options = ['--repeat', '2', '--rounds', '1', '--duration', '0.02', '--pin'];
    const files = ['--json', file ?? '', '--html', page ?? ''];
    await compiled('eventfd', '--quick', '--only', 'tryWrite', ...options, ...files);
    const { machine, measures, agreements } = JSON.parse(
      readFileSync(file ?? '', 'utf8'),
    ) as Report;
    expect(machine).toMatchObject({
      rounds: '1 in each of 2 runs',
      cpus: expect.stringMatching(/on CPU \d/) as string,
      governor: expect.any(String) as string,
      outliers: 'too few rounds: a row needs 4',
    });
    expect(agreements.map(({ medians }) => medians.length)).toEqual([2]);
    const [rounds = []] = measures.map((measure) => measure.rounds);
    expect(rounds).toHaveLength(2);
    const samples = rounds.flatMap(({ subject, baseline }) => [subject, baseline]);
    expect(samples.map(({ migrations = 0 }) => migrations)).toEqual([0, 0, 0, 0]);
    // Without a duration all do 60,000; with one each as much as it can.
    expect(samples.map(({ count }) => count)).not.toEqual([60_000, 60_000, 60_000, 60_000]);
    expect(readFileSync(page ?? '', 'utf8')).toContain('<h3>Run by run</h3>');
  });

  test('--smoke: no report says of a goal that it was met or missed, and each says why', async () => {
    const files = ['json', 'html', 'markdown'].map((name) => path.join(folder, `goals.${name}`));
    const options = files.flatMap((file) => [`--${path.extname(file).slice(1)}`, file]);
    const { stdout } = await compiled('file-locks', '--smoke', ...options);
    const [json = '', page = '', tables = ''] = files.map((file) => readFileSync(file, 'utf8'));
    for (const text of [String(stdout), json, page, tables])
      expect(text).not.toMatch(/MISSED|"met":|(<|&lt;)= [\d.]+ x C/);
    for (const text of [String(stdout), json, page])
      expect(text).toContain('smoke: the numbers mean nothing');
    expect(tables).toMatch(/^\*\*A smoke run: the numbers mean nothing\.\*\*\n\n/);
  });

  test('a report that cannot be written does not take the others with it', async () => {
    const page = path.join(folder, 'left.html');
    const options = ['--smoke', '--only', 'tryWrite', '--json', '/dev/full', '--html', page];
    await expect(compiled('eventfd', ...options)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^\/dev\/full: ENOSPC/m) as string,
      stdout: expect.stringContaining('A smoke run') as string,
    });
    expect(readFileSync(page, 'utf8')).toContain('</html>');
  });

  test('--document: the section of a facility', async () => {
    const file = path.join(folder, 'results.md');
    writeFileSync(file, '## By hand\n\nstays\n\n## File locks\n\nold\n');
    await compiled('file-locks', '--quick', '--rounds', '1', '--document', file);
    const text = readFileSync(file, 'utf8');
    expect(text.match(/^## .*$/gm)).toEqual(['## By hand', '## File locks']);
    expect(text).toContain('## By hand\n\nstays\n');
    expect(text).toMatch(/\*\*Goals met: \d of 6\.\*\*/);
    expect(text).toMatch(/; rounds: 1; /);
    expect(text).not.toContain('old');
  });

  test('a document that cannot be written any more does not take what was measured with it', async () => {
    const gone = path.join(folder, 'gone');
    mkdirSync(gone);
    const document = path.join(gone, 'results.md');
    const running = compiled('file-locks', '--quick', '--rounds', '1', '--document', document);
    const failed = running.catch((error: unknown) => error);
    let told = '';
    running.child.stderr?.on('data', (text: string) => (told += text));
    await waitUntil('it to measure', () => / 0 % round/.test(told));
    rmSync(gone, { recursive: true });
    expect(await failed).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/results\.md: ENOENT[^\n]*\n$/) as string,
      stdout: expect.stringMatching(/^Goals met: \d of 6\.$/m) as string,
    });
  });

  test('--payload: messages of any size', async () => {
    const file = path.join(folder, 'sizes.json');
    const only = ['--only', 'one way, unix.Stream', '--payload', '2k,100'];
    await compiled('transports', '--smoke', ...only, '--json', file);
    const { measures } = JSON.parse(readFileSync(file, 'utf8')) as Report;
    expect(measures.map(({ name, work }) => [name, work.size])).toEqual([
      ['100 B one way, unix.Stream', 100],
      ['2 KiB one way, unix.Stream', 2048],
    ]);
    expect(measures.flatMap(({ rows }) => rows).filter(({ wrong }) => wrong)).toEqual([]);
  });

  test('a file is named as in the folder where npm was called', async () => {
    const one = ['eventfd', '--smoke', '--only', 'tryWrite', '--no-install'];
    // What is built is there: npm is not to build it again.
    const npm = ['--ignore-scripts', '--prefix', root, 'run', 'bench', '--'];
    await run('npm', [...npm, ...one, '--json', 'named.json'], { cwd: folder });
    expect(existsSync(path.join(folder, 'named.json'))).toBe(true);
  });

  test('Ctrl-C tells what is measured by then', async () => {
    const file = path.join(folder, 'interrupted.json');
    const args = ['eventfd', '--only', 'round-trip', '--rounds', '20', '--duration', '0.01'];
    const running = bench({}, ...args, '--json', file);
    const { child } = running;
    let told = '';
    child.stderr?.on('data', (text: string) => (told += text));
    await waitUntil('some rounds', () => / 5 % round/.test(told));
    child.kill('SIGINT');
    const error = (await running.catch((one: unknown) => one)) as Error & { stdout: string };
    expect(error).toMatchObject({ signal: 'SIGINT' });
    expect(error.stdout).toMatch(/^interrupted: /m);
    expect(error.stdout).not.toMatch(/DISQUALIFIED/);
    const { machine, measures } = JSON.parse(readFileSync(file, 'utf8')) as Report;
    expect(machine['interrupted']).toMatch(/./);
    expect(measures.length).toBeGreaterThan(0);
    for (const { rounds } of measures) expect(rounds.length).toBeGreaterThan(0);
  });

  test('Ctrl-C leaves nothing behind', async () => {
    const scratch = path.join(folder, 'scratch');
    mkdirSync(scratch);
    const running = bench({ TMPDIR: scratch }, 'sysv', '--only', 'cold');
    // Once its programs are there, it has a queue and processes.
    await waitUntil('the benchmark to run', () => existsSync(path.join(only(scratch), 'probe')));
    await setTimeout(1000);
    // Impatiently: the second one comes while the first is still at work.
    const impatient = setInterval(() => {
      running.child.kill('SIGINT');
    }, 1);
    try {
      await expect(running).rejects.toMatchObject({ signal: 'SIGINT' });
    } finally {
      clearInterval(impatient);
    }
    expect(readdirSync(scratch)).toEqual([]);
    // Queues and processes: the suite looks for them at its end.
  });

  test.each(['SIGTERM', 'SIGHUP', 'SIGINT'])(
    'by %s it ends without a word, also while it compiles',
    async (signal) => {
      const [programs, scratch] = ['cc-', 'empty-'].map((name) =>
        mkdtempSync(path.join(folder, name)),
      );
      // A terminal, or who stops a group, tells both.
      const both = `kill -${signal.slice(3)} $PPID $$`;
      const text = `#!/bin/sh\ncase $1 in --version) echo cc;; *) ${both}; sleep 60;; esac\n`;
      writeFileSync(`${programs ?? ''}/cc`, text, { mode: 0o755 });
      const PATH = `${programs ?? ''}:${process.env['PATH'] ?? ''}`;
      const running = compiledIn({ PATH, TMPDIR: scratch }, 'eventfd', '--smoke');
      await expect(running).rejects.toMatchObject({ signal, stderr: '', stdout: '' });
      expect(readdirSync(scratch ?? '')).toEqual([]);
    },
  );

  describe('without taskset', () => {
    /** All that a run of one row needs but that. */
    const path = (): string => {
      const programs = mkdtempSync(`${folder}/path-`);
      for (const name of ['cc', 'as', 'ld', 'sh', 'true']) {
        const found = (process.env['PATH'] ?? '').split(':').map((one) => `${one}/${name}`);
        symlinkSync(found.find((one) => existsSync(one)) ?? name, `${programs}/${name}`);
      }
      return programs;
    };

    test.each(['--pin', '--one-cpu'])('%s says in one line what it needs', async (option) => {
      const running = compiledIn({ PATH: path() }, 'eventfd', '--smoke', option);
      await expect(running).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(new RegExp(`^${option} needs taskset, [^\n]*\n$`)) as string,
      });
    });

    test('what needs a CPU for itself is not measured', async () => {
      const only = ['channel', '--smoke', '--only', 'broadcast to 4, beside one'];
      const { stdout } = await compiledIn({ PATH: path() }, ...only);
      expect(String(stdout)).toContain('not measured: it needs taskset');
    });
  });

  test('a facility that is none is refused', async () => {
    await expect(bench({}, 'tin cans')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no such facility') as string,
    });
  });

  test.each([
    [['sysv', '--rounds', '0'], '--rounds takes a number'],
    [['futex', '--payload', '1m'], 'no row has messages of 1048576 bytes'],
    [['eventfd', '--only', 'nothing of that name'], 'no row is named'],
    [['eventfd', '--rate', '100'], '--rate is for rows with a schedule'],
    [['tin cans'], 'no such facility'],
    [['toString'], 'no such facility'],
    [['sysv', 'sysv'], 'name one facility'],
  ])('%j is refused', async (args, message) => {
    await expect(compiled(...args)).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message) as string,
    });
  });
});
