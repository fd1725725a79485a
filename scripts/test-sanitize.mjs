// @ts-check
// The suite on an addon built with AddressSanitizer and UBSan. Arguments go to jest.
import path from 'node:path';
import { Failure, main, output, root, run } from './support/run.mjs';
import { buildAll, runEnds, runSuite } from './support/suite.mjs';

/** Programs that call nothing which other tests do not call, and tables of processes: a few rows do. */
const LONG = '/test/(bench|examples|lifecycle/processes)';

await main(() => {
  buildAll();
  run(process.execPath, [path.join(root, 'scripts/build-addon.mjs'), '--sanitize']);
  const env = {
    POSIX_IPC_ADDON: path.join(root, 'build-asan/build/Release/posix_ipc.node'),
    // Campaigns that are scaled down: everything takes several times longer.
    POSIX_IPC_CAMPAIGN: process.env['POSIX_IPC_CAMPAIGN'] ?? '0.1',
    // Node itself is not instrumented: the runtimes have to be there before it starts.
    LD_PRELOAD: ['libasan.so', 'libubsan.so', 'libstdc++.so.6'].map(library).join(' '),
    // V8 keeps memory until the process ends.
    ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1',
    UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1',
  };
  const asked = process.argv.slice(2);
  if (asked.length > 0) {
    runSuite({ args: asked, env });
    return;
  }
  runSuite({ args: [`--testPathIgnorePatterns=${LONG}`], env });
  runEnds({ env });
});

/** @param {string} name */
function library(name) {
  const file = output(process.env['CXX'] ?? 'g++', [`-print-file-name=${name}`]).trim();
  if (file === name) throw new Failure(`the compiler has no ${name}`);
  return path.normalize(file);
}
