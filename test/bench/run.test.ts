import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Contender, Facility, Measure } from '../../bench/core/measure';
import { run } from '../../bench/core/run';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'posix-ipc-test-run-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A program that says it took a microsecond for each message, and writes down how many it was told to do. */
function program(): Contender {
  const file = path.join(folder, 'program');
  const text = `echo "$6" >> ${folder}/counts; echo '{"values":{"ns":1000},"latencies":{}}'`;
  writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return { language: 'C', program: file };
}

const facility: Facility = {
  measures: [],
  meet: () => ({ address: 'nowhere', complaint: () => undefined, remove: () => undefined }),
  facts: {},
};

/** How many messages each sample of one round was told to do. */
async function countsOf(scenario: Measure['scenario']): Promise<number[]> {
  const measure: Measure = {
    ...{ name: 'a', group: 'g', scenario, subject: program(), figures: [] },
    work: { size: 64, warm: 0, count: 100, check: 0, pause: 0, batch: 1, selectors: 1 },
  };
  const [outcome] = await run(facility, [measure], {
    ...{ rounds: 1, placement: 'free', duration: 0.5 },
    probe: () => Promise.resolve(1),
    progress: () => undefined,
  });
  expect(outcome).toMatchObject({ rounds: [expect.anything()] });
  return readFileSync(path.join(folder, 'counts'), 'utf8').trim().split('\n').map(Number);
}

test('a sample that is not counted says how many messages last so long', async () => {
  expect(await countsOf('pair')).toEqual([100, 500_000]);
});

test('there is none where the number of messages is kept', async () => {
  expect(await countsOf('waits')).toEqual([100]);
});
