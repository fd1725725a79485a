/** One role of one scenario in a process of its own: node worker.js DRIVER FORM ROLE PARAMS... */

import type { Driver } from './core/driver';
import { fromArguments } from './core/params';
import { roles } from './scenarios';

async function main([name = '', form = '', role = '', ...rest]: string[]): Promise<void> {
  const driver = (await import(`./drivers/${name}.js`)) as Driver;
  const run = roles[role];
  if (run === undefined) throw new Error(`no such role: ${role}`);
  const params = fromArguments(rest);
  const forms = driver.open(params.address);
  const result = await run(forms, form, params);
  await forms.end?.();
  process.stdout.write(`${JSON.stringify({ ...result, role })}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1); // also where something would still keep it alive
});
