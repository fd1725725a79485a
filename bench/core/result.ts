/** What one program measured; printed as one line of JSON. */
export interface Result {
  values: Record<string, number>;
  /** Single operations, in nanoseconds. */
  latencies: Record<string, number[]>;
  /** Of the program that says so, where it is not in C. */
  role?: string;
  /** Values of the other programs, in their order. */
  others?: readonly Readonly<Record<string, number>>[];
}

export function valueOf(result: Result, name: string): number {
  const value = result.values[name];
  if (value === undefined) throw new Error(`a program did not report ${name}`);
  return value;
}

export function latenciesOf(result: Result, name: string): number[] {
  const latencies = result.latencies[name];
  if (latencies === undefined) throw new Error(`a program did not report ${name}`);
  return latencies;
}

/** How often all programs were moved to another CPU; undefined where none of them could tell. */
export function migrationsOf({ values, others = [] }: Result): number | undefined {
  return total([values, ...others].map(({ migrations }) => migrations));
}

/** Of those that are known. */
export function total(all: readonly (number | undefined)[]): number | undefined {
  const known = all.filter((one) => one !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, one) => sum + one);
}
