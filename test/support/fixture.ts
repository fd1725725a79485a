import path from 'node:path';

/** The program test/fixtures/NAME.ts, compiled beforehand. */
export function fixture(name: string): string {
  return path.resolve(__dirname, '../../dist-programs/test/fixtures', `${name}.js`);
}
