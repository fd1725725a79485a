import { inspect, type InspectOptions } from 'node:util';

/**
 * What the REPL and `console.log` show of instances of a class, beside its name: not how they work.
 * Programs do not call it, so it is in no type.
 */
export function printedAs<T extends object>(
  prototype: T,
  fieldsOf: (instance: T) => Record<string, unknown>,
): void {
  function print(this: T, depth: number, options: InspectOptions): string {
    const { name } = this.constructor;
    if (depth < 0) return `[${name}]`;
    return `${name} ${inspect(fieldsOf(this), { ...options, depth })}`;
  }
  Object.defineProperty(prototype, inspect.custom, { value: print });
}
