/**
 * Processes that kill themselves between two steps of the protocol: test/native/steps. Each step a few
 * times here; 100 times with POSIX_IPC_CAMPAIGN=20.
 */

import { patience, report, scaled } from '../support/campaign';
import { compileSteps } from '../support/compile';
import { Peer } from '../support/processes';

const rounds = scaled(5);

test.each(['mutex', 'mutex_lost', 'rwlock', 'barrier', 'condition', 'event'])(
  `%s: ${String(rounds)} deaths after each step: the others go on, and are told`,
  async (name) => {
    const program = await compileSteps(`${name}_steps`);
    const peer = new Peer(program, [String(rounds)], { env: { ...process.env, LD_PRELOAD: '' } });
    const { code, stdout, stderr } = await peer.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    report(`${name} steps: ${stdout.trim()}`);
    const [, died, steps, told, torn] =
      /^(\d+) died at (\d+) steps, (\d+) told(?:, (\d+) torn)?/.exec(stdout) ?? [];
    expect(Number(died)).toBe(Number(steps) * rounds);
    expect(Number(told)).toBeGreaterThan(0);
    if (torn !== undefined) expect(Number(torn)).toBe(rounds); // those that died with torn data
  },
  patience(30),
);
