/** The plots of the transports. */

import type { Row } from '../core/rows';
import type { Outcome } from '../core/run';
import * as charts from './charts';
import {
  answered,
  fansOut,
  percentiles,
  rates,
  ratiosToC,
  ratiosToNode,
  sizeText,
  type Answered,
  type FanOut,
  type Percentile,
  type Rate,
  type Ratio,
} from './data';
import { figure } from './html';

/** A plot for each of what tells the percentiles apart. */
function percentileFigures(
  trips: readonly Percentile[],
  names: readonly string[],
  captionOf: (one: Percentile) => string,
): Promise<string>[] {
  const captions = [...new Set(trips.map(captionOf))];
  return captions.map(async (caption) => {
    const svg = await charts.latencies(
      trips.filter((one) => captionOf(one) === caption),
      names,
    );
    return figure(svg, `${caption}, by percentile. Less is better.`);
  });
}

/** The plots of the transports, under one heading; the same one has the same colour in each. */
export async function transportSection(
  outcomes: readonly Outcome[],
  rows: readonly Row[],
): Promise<string> {
  const all = rates(outcomes);
  const trips = percentiles(outcomes, 'round-trip');
  const flights = percentiles(outcomes, 'in-flight');
  const scheduled = percentiles(outcomes, 'schedule');
  const fans = fansOut(outcomes);
  const plotted = [...all, ...trips, ...flights, ...scheduled, ...fans];
  const names = [...new Set(plotted.map(({ transport }) => transport))];
  const under = ({ window }: Percentile): string => `${String(window)} in flight`;
  const figures = await Promise.all([
    ...(all.length > 0 ? throughputFigures(all, ratiosToC(outcomes, rows), names) : []),
    ...percentileFigures(
      trips,
      names,
      ({ size }) => `Round trips of ${sizeText(size)}, one after the other: a closed loop`,
    ),
    ...flightFigures(answered(outcomes), names),
    ...percentileFigures(
      flights,
      names,
      (one) => `Requests of ${sizeText(one.size)}, ${under(one)}: a closed loop`,
    ),
    ...percentileFigures(
      scheduled,
      names,
      ({ size }) => `Requests of ${sizeText(size)} on a schedule, from the time when each was due`,
    ),
    ...fanOutFigures(fans, names),
  ]);
  if (figures.length === 0) return '';
  return `<section><h2>Transports between two Node processes</h2>${figures.join('\n')}</section>`;
}

/** A plot of nothing would have no end: it is left out. */
function throughputFigures(
  all: readonly Rate[],
  toC: readonly Ratio[],
  names: readonly string[],
): Promise<string>[] {
  const drawn = async (svg: Promise<string>, caption: string): Promise<string> =>
    figure(await svg, caption);
  const ratios = (values: readonly Ratio[], axis: string, caption: string): Promise<string>[] =>
    values.length === 0 ? [] : [drawn(charts.ratios(values, axis, names), caption)];
  return [
    drawn(charts.throughput(all, names), 'One way, by size. More is better.'),
    ...ratios(toC, "rate, by the C program's", 'One way, beside the C program. More is better.'),
    ...ratios(
      ratiosToNode(all),
      "rate, by the best of Node's own",
      'One way, ours beside the fastest that Node itself has. More than 1 is faster.',
    ),
  ];
}

function flightFigures(all: readonly Answered[], names: readonly string[]): Promise<string>[] {
  return [...new Set(all.map(({ size }) => size))].map(async (size) => {
    const svg = await charts.answered(
      all.filter((one) => one.size === size),
      names,
    );
    return figure(svg, `Requests of ${sizeText(size)}, by how many are in flight. More is better.`);
  });
}

function fanOutFigures(all: readonly FanOut[], names: readonly string[]): Promise<string>[] {
  if (all.length === 0) return [];
  return [
    charts
      .fanOut(all, names)
      .then((svg) => figure(svg, 'From one to many, 64 B each. More is better.')),
  ];
}
