/**
 * How long campaigns run. POSIX_IPC_CAMPAIGN multiplies their numbers of messages, kills and
 * cycles: 1 by default (a minute or two in all on two cores), 20 or more by hand.
 */

const variable = 'POSIX_IPC_CAMPAIGN';

const scale = Number(process.env[variable] ?? 1);
if (!(scale > 0)) throw new Error(`${variable} must be a number above 0`);

/** Whether tables are run whole: by default they leave out what differs least from its neighbours. */
export const whole = scale > 1;

/** A number of messages, kills or cycles, as many times as was asked for. */
export function scaled(count: number): number {
  return Math.ceil(count * scale);
}

/** jest's time limit of a campaign that takes about so many seconds at scale 1, on a slow machine too: more than that of any test. */
export function patience(seconds: number): number {
  return 1000 * (240 + seconds * Math.max(scale, 1) * 10);
}

/** One line about what was seen: campaigns say their numbers, not only that they passed. */
export function report(line: string): void {
  process.stderr.write(`  ${line}\n`);
}
