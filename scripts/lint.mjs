// @ts-check
// eslint, prettier and clang-format.
//   --fix   mends what can be mended
import { parseArgs } from 'node:util';
import { Failure, isInstalled, main, output, run, tool } from './support/run.mjs';

await main(() => {
  const { values } = parseArgs({ options: { fix: { type: 'boolean' } } });
  const fix = values.fix ?? false;
  run(process.execPath, [tool('eslint'), '--max-warnings=0', ...(fix ? ['--fix'] : []), '.']);
  run(process.execPath, [tool('prettier'), '--log-level=warn', fix ? '--write' : '--check', '.']);
  checkC(fix);
});

/** @param {boolean} fix */
function checkC(fix) {
  if (!isInstalled('clang-format')) {
    if (process.env['CI']) throw new Failure('clang-format is not installed');
    console.warn('clang-format is not installed: C and C++ files are not checked');
    return;
  }
  const find = ['native', 'test', 'examples', 'bench', '-name', 'node_modules', '-prune', '-o'];
  const files = output('find', [
    ...find,
    '-name',
    '*.cc',
    '-print',
    '-o',
    '-name',
    '*.[ch]',
    '-print',
  ]);
  const mode = fix ? ['-i'] : ['--dry-run', '-Werror'];
  run('clang-format', [...mode, ...files.trim().split('\n')]);
}
