// @ts-check
// The suite on an addon built with AddressSanitizer and UBSan. Arguments go to jest; without any, the
// longest tests are left out (`npm run test:sanitize -- test/peers` runs those of other processes).
import path from 'node:path';
import { Failure, main, output, root, run } from './support/run.mjs';
import { buildAll, runEnds, runSuite } from './support/suite.mjs';

/**
 * Texts, programs and peers that call nothing which other tests do not call, channels and models, which are
 * TypeScript (the campaigns of channels stay), programs of C++ that are compiled without sanitizers, and
 * tables of processes: a few rows do.
 */
const LONG =
  '/test/(bench|channel|cli|declarations|docs|examples|peers|lifecycle/processes|lock/[a-z]+-model|lock/steps|memory/large)';

/**
 * No stack of each allocation, and memory that is freed waits for its reuse in a shorter line: most of
 * what is allocated is V8's, and a process starts in two thirds of the time. A report lacks where the
 * memory came from; ASAN_OPTIONS of the caller come after these, so that `malloc_context_size=30` tells it.
 */
const ASAN = [
  'detect_leaks=0', // V8 keeps memory until the process ends
  'abort_on_error=1',
  'malloc_context_size=0',
  'quarantine_size_mb=8',
  'thread_local_quarantine_size_kb=64',
];

await main(() => {
  buildAll();
  run(process.execPath, [path.join(root, 'scripts/build-addon.mjs'), '--sanitize']);
  const env = {
    POSIX_IPC_ADDON: path.join(root, 'build-asan/build/Release/posix_ipc.node'),
    // Campaigns that are scaled down: everything takes several times longer.
    POSIX_IPC_CAMPAIGN: process.env['POSIX_IPC_CAMPAIGN'] ?? '0.1',
    // Node itself is not instrumented: the runtimes have to be there before it starts.
    LD_PRELOAD: ['libasan.so', 'libubsan.so', 'libstdc++.so.6'].map(library).join(' '),
    ASAN_OPTIONS: `${ASAN.join(':')}:${process.env['ASAN_OPTIONS'] ?? ''}`,
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
