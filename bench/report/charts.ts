/** The plots, as SVG whose colours are those of the page around it. */

import type { View } from 'vega';
import type { TopLevelSpec } from 'vega-lite';
import type { Row } from '../core/rows';
import {
  sizeText,
  type Answered,
  type FanOut,
  type Percentile,
  type Rate,
  type Ratio,
} from './data';

/** The page defines so many colours for series, as variables. */
export const COLORS = 8;

const colors = Array.from({ length: COLORS }, (_, i) => `var(--series-${String(i + 1)})`);

const ink = 'currentColor';
const faint = 'var(--rule)';

const config: NonNullable<TopLevelSpec['config']> = {
  background: 'transparent',
  font: 'system-ui, sans-serif',
  axis: {
    labelColor: ink,
    titleColor: ink,
    domainColor: faint,
    gridColor: faint,
    tickColor: faint,
    titleFontWeight: 'normal',
  },
  legend: {
    labelColor: ink,
    titleColor: ink,
    symbolSize: 80,
    labelLimit: 300,
  },
  view: { stroke: 'transparent' },
  range: { category: colors },
};

/** One plot, drawn without a browser. */
async function draw(spec: TopLevelSpec): Promise<string> {
  const { compile } = await import('vega-lite');
  const vega = await import('vega');
  const view: View = new vega.View(vega.parse(compile({ ...spec, config }).spec), {
    renderer: 'none',
  });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** What tells those apart that share a colour: the line, and the points, as one size alone has no line. */
const STYLES = [
  { dash: [1, 0], shape: 'circle' },
  { dash: [6, 3], shape: 'square' },
  { dash: [2, 2], shape: 'triangle-up' },
] as const;

type Style = (typeof STYLES)[number];

/**
 * `names`: all transports of the report, so that one has the same colour, line and points in every plot. The legend
 * names those that are in this one.
 */
function byTransport(
  values: readonly { transport: string }[],
  names: readonly string[],
): Record<'color' | 'strokeDash' | 'shape', object> {
  const domain = names.filter((name) => values.some(({ transport }) => transport === name));
  const encoding = (of: (style: Style, color: string | undefined) => unknown): object => ({
    field: 'transport',
    type: 'nominal',
    title: null,
    scale: {
      domain,
      range: domain.map((name) => {
        const i = names.indexOf(name);
        return of(STYLES[Math.floor(i / COLORS) % STYLES.length] ?? STYLES[0], colors[i % COLORS]);
      }),
    },
  });
  return {
    color: encoding((_, color) => color),
    // Of another field, or the legend would draw dashes around its points.
    strokeDash: { ...encoding(({ dash }) => dash), field: 'line', legend: null },
    shape: encoding(({ shape }) => shape),
  };
}

interface Axis {
  field: string;
  title: string;
}

/** Lines over what has an order, in the order of the values; the height is logarithmic. */
function lines(
  values: readonly { transport: string }[],
  x: Axis & { sort?: string[] },
  y: Axis,
  names: readonly string[],
): Promise<string> {
  return draw({
    data: { values: values.map((one) => ({ ...one, line: one.transport })) },
    width: 560,
    height: 300,
    mark: { type: 'line', point: { size: 50 } },
    encoding: {
      x: { ...x, type: 'ordinal', axis: { labelAngle: 0 } },
      y: { ...y, type: 'quantitative', scale: { type: 'log' } },
      ...byTransport(values, names),
    },
  });
}

/** Lines over the size of the messages. */
function overSize(
  values: readonly { transport: string; size: number }[],
  y: Axis,
  names: readonly string[],
): Promise<string> {
  const sizes = [...new Set(values.map(({ size }) => size))].sort((a, b) => a - b);
  const named = values.map((one) => ({ ...one, payload: sizeText(one.size) }));
  const x = { field: 'payload', title: 'bytes of a message', sort: sizes.map(sizeText) };
  return lines(named, x, y, names);
}

export function throughput(values: readonly Rate[], names: readonly string[]): Promise<string> {
  return overSize(values, { field: 'rate', title: 'messages per second, one way' }, names);
}

export function ratios(
  values: readonly Ratio[],
  title: string,
  names: readonly string[],
): Promise<string> {
  return overSize(values, { field: 'ratio', title }, names);
}

export function latencies(
  values: readonly Percentile[],
  names: readonly string[],
): Promise<string> {
  const sort = [...new Set(values.map(({ percentile }) => percentile))];
  const x = { field: 'percentile', title: 'percentile of the requests', sort };
  return lines(values, x, { field: 'microseconds', title: 'microseconds' }, names);
}

export function answered(values: readonly Answered[], names: readonly string[]): Promise<string> {
  const y = { field: 'rate', title: 'requests answered per second' };
  return lines(values, { field: 'window', title: 'requests in flight' }, y, names);
}

export function fanOut(values: readonly FanOut[], names: readonly string[]): Promise<string> {
  const y = { field: 'rate', title: 'messages per second of the slowest receiver' };
  return lines(values, { field: 'receivers', title: 'receivers of each message' }, y, names);
}

/** Each row's ratio to what stands beside it: the median, from the smallest to the largest, and the goal. */
export function ratioDots(rows: readonly Row[]): Promise<string> {
  const values = rows.flatMap(({ name, figure, ratio, goal }) =>
    ratio === undefined || !(ratio.min > 0)
      ? []
      : [
          {
            name: figure === '' ? name : `${name}: ${figure}`,
            ...ratio,
            goal: goal?.of === 'ratio' ? goal.limit : null,
          },
        ],
  );
  const y = {
    field: 'name',
    type: 'nominal' as const,
    sort: null,
    title: null,
    axis: { labelLimit: 400 },
  };
  const scale = { type: 'log' as const };
  return draw({
    data: { values },
    width: 460,
    height: { step: 22 },
    encoding: { y },
    layer: [
      {
        mark: { type: 'rule', color: colors[0] ?? ink, strokeWidth: 2 },
        encoding: {
          x: { field: 'min', type: 'quantitative', scale, title: 'ratio; the bar is the goal' },
          x2: { field: 'max' },
        },
      },
      {
        mark: { type: 'point', filled: true, size: 60, color: colors[0] ?? ink, opacity: 1 },
        encoding: { x: { field: 'median', type: 'quantitative', scale } },
      },
      {
        transform: [{ filter: 'datum.goal !== null' }],
        mark: { type: 'tick', thickness: 2, color: colors[1] ?? ink },
        encoding: { x: { field: 'goal', type: 'quantitative', scale } },
      },
    ],
  });
}
