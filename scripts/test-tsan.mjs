// @ts-check
// The wait engine, which needs no JavaScript, under ThreadSanitizer. Arguments go to the program:
//   npm run test:tsan -- [SECONDS [SEED]]
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { requireCompiler } from './support/addon.mjs';
import { Failure, isInstalled, main, root, run } from './support/run.mjs';

const FLAGS = '-std=c++20 -Wall -Wextra -g -O1 -fsanitize=thread -fno-omit-frame-pointer -pthread';

await main(() => {
  requireCompiler();
  const sources = ['test/native', 'native/core/wait'].flatMap(cppFiles);
  if (sources.length === 0) throw new Failure('there is nothing to compile');
  mkdirSync(path.join(root, 'build-tsan'), { recursive: true });
  const program = path.join(root, 'build-tsan/engine_test');
  const locks = [
    ...['robust_list', 'mutex_calls', 'mutex_wait', 'taker', 'condition_wait'],
    ...['rwlock_calls', 'slot_wait', 'barrier_wait', 'event_wait'],
  ].map((name) => `native/lock/${name}.cc`);
  const files = [
    ...sources,
    ...locks,
    'native/core/futex_word.cc',
    'native/sysv/msg_wait.cc',
    'native/sysv/sem_wait.cc',
  ];
  const folders = ['-Inative', '-Inative/include'];
  run(process.env['CXX'] ?? 'g++', [...FLAGS.split(' '), ...folders, '-o', program, ...files]);
  // Older runtimes do not know every layout that address randomisation makes.
  const [first = program, ...rest] = isInstalled('setarch')
    ? ['setarch', '-R', program]
    : [program];
  run(first, [...rest, ...process.argv.slice(2)], {
    env: { ...process.env, TSAN_OPTIONS: 'halt_on_error=1:second_deadlock_stack=1' },
  });
});

/** @param {string} folder */
function cppFiles(folder) {
  return readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith('.cc'))
    .map((name) => path.join(folder, name));
}
