/** Runs measures in rounds: the one and the other by turns, in fresh processes, the CPUs probed around each. */

import { inLanes } from './lanes';
import { workOf, type Contender, type Facility, type Measure, type Placement } from './measure';
import type { Probe } from './probe';
import { Fault, patienceFor, Refusal } from './program';
import type { Progress } from './progress';
import { migrationsOf, type Result } from './result';
import { onlyOnce, sampler, type Sampler } from './sample';
import { BOTH, seeks, sharesOf, type Shares, type Who } from './shares';
import type { Stop } from './stop';

export interface Sample {
  result: Result;
  /** What the probe said before and after. */
  distances: [before: number, after: number];
  /** Messages of its timed part. */
  count: number;
  /** How often its programs were moved to another CPU meanwhile, together; undefined where none of them could tell. */
  migrations?: number | undefined;
}

export interface Round {
  subject?: Sample;
  baseline?: Sample;
}

/** What came out of one measure. */
export interface Outcome {
  measure: Measure;
  rounds: Round[];
  /** What somebody did wrong, or why it could not begin: then there is no more to say. */
  fault?: { who: Who; what: string; refused?: boolean };
}

export interface RunOptions {
  rounds: number;
  placement: Placement;
  /** Seconds of the timed part of a sample, where they are not what its messages take. */
  duration: number | undefined;
  /**
   * Whether only faults count, and no numbers: then rows run side by side, what stands in several rows does its
   * work once, and nothing is sought out beforehand.
   */
  unmeasured: boolean;
  probe: Probe;
  /** Where it is asked for, what is under way comes to nothing, and no more is begun. */
  stop: Stop;
  /** Each of these in each round is a step. */
  progress: Pick<Progress, 'show' | 'advance'>;
}

/** Where nothing is measured, so many rows run at a time: most programs wait for others now and then. */
const LANES = 3;

/** Whether it can be measured here. */
function isThere({ absent }: Measure): boolean {
  return absent === undefined;
}

/** How many steps there are in all rounds of these. */
export function stepsOf(measures: readonly Measure[], rounds: number): number {
  return measures.filter(isThere).length * rounds;
}

/** All measures of one group, interleaved. */
export async function run(
  facility: Facility,
  measures: readonly Measure[],
  options: RunOptions,
): Promise<Outcome[]> {
  const { rounds, placement, unmeasured, progress, stop } = options;
  const outcomes = measures.map((measure): Outcome => ({ measure, rounds: [] }));
  const running = outcomes.filter(({ measure }) => isThere(measure));
  const take = sampler(facility, placement, patienceFor(options.duration));
  const shares = new Map<Outcome, Shares>();
  for (const outcome of unmeasured ? [] : running) {
    if (stop.isAsked() || !seeks(outcome.measure, options.duration)) continue;
    progress.show(`how much to do: ${outcome.measure.name}`);
    shares.set(outcome, await soughtOut(outcome, take, options));
  }
  for (let round = 0; round < rounds && !stop.isAsked(); round++) {
    const once = unmeasured ? onlyOnce(take) : take;
    await inLanes(unmeasured ? LANES : 1, running, async (outcome) => {
      if (stop.isAsked()) return;
      progress.show(`round ${String(round + 1)} of ${String(rounds)}: ${outcome.measure.name}`);
      if (outcome.fault === undefined)
        await runRound(outcome, once, shares.get(outcome) ?? {}, round, options);
      progress.advance();
    });
  }
  return outcomes;
}

async function soughtOut(
  outcome: Outcome,
  take: Sampler,
  { duration, stop }: RunOptions,
): Promise<Shares> {
  const { measure } = outcome;
  const shares = await sharesOf(measure, duration, (who, work) =>
    faultless(outcome, who, stop, (contender) => take(measure, contender, workOf(contender, work))),
  );
  for (const who of BOTH) {
    const [contender, share] = [measure[who], shares[who]];
    if (contender === undefined || share === undefined) continue;
    shares[who] = { ...workOf(contender, share), count: share.count };
  }
  return shares;
}

/** What one of them does, if there is one; undefined where it was wrong, which is noted, or was stopped. */
async function faultless<T>(
  outcome: Outcome,
  who: Who,
  stop: Stop,
  work: (contender: Contender) => Promise<T>,
): Promise<T | undefined> {
  const contender = outcome.measure[who];
  if (contender === undefined || outcome.fault !== undefined || stop.isAsked()) return undefined;
  try {
    return await work(contender);
  } catch (error) {
    if (stop.isAsked()) return undefined;
    if (!(error instanceof Fault)) throw error;
    outcome.fault = { who, what: error.message, refused: error instanceof Refusal };
    return undefined;
  }
}

async function runRound(
  outcome: Outcome,
  take: Sampler,
  shares: Shares,
  number: number,
  { probe, stop }: RunOptions,
): Promise<void> {
  const { measure } = outcome;
  const round: Round = {};
  // By turns also in who comes first.
  const order = number % 2 === 0 ? BOTH : BOTH.toReversed();
  // A terminal's Ctrl-C goes to the probe as well.
  let before = await probe().catch((error: unknown) => {
    if (!stop.isAsked()) throw error;
    return 0;
  });
  for (const who of order) {
    await faultless(outcome, who, stop, async (contender) => {
      const work = shares[who] ?? workOf(contender, measure.work);
      const result = await take(measure, contender, work);
      const after = await probe();
      const migrations = migrationsOf(result);
      round[who] = { result, distances: [before, after], count: work.count, migrations };
      before = after;
    });
  }
  if (outcome.fault === undefined && !stop.isAsked()) outcome.rounds.push(round);
}
