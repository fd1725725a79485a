// @ts-check
// clang-tidy over native/, with the flags that the real build uses.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { requireCompiler, runNodeGyp, shadowFolder } from './support/addon.mjs';
import { runForEach } from './support/parallel.mjs';
import { Failure, isInstalled, main, root } from './support/run.mjs';

await main(async () => {
  if (!isInstalled('clang-tidy')) throw new Failure('lint:cpp needs clang-tidy');
  requireCompiler();
  const folder = shadowFolder('build-lint');
  runNodeGyp({ folder, command: 'configure', gyp: ['-f', 'compile_commands_json'] });
  const database = path.join(folder, 'build/Release');
  const sources = nameOriginals(path.join(database, 'compile_commands.json'), folder);
  const failed = await runForEach(sources, 'clang-tidy', ['--quiet', '-p', database]);
  if (failed.length > 0) throw new Failure(`clang-tidy found something in ${failed.join(', ')}`);
  console.log(`clang-tidy: nothing found in ${String(sources.length)} files`);
});

/**
 * Puts the files' names in the repository where the database has those of the shadow folder.
 *
 * @param {string} database
 * @param {string} folder
 * @returns {string[]} the source files
 */
function nameOriginals(database, folder) {
  const text = readFileSync(database, 'utf8').replaceAll(`${folder}/`, `${root}/`);
  writeFileSync(database, text);
  const commands = /** @type {{ file: string }[]} */ (JSON.parse(text));
  const sources = commands.map(({ file }) => file);
  if (sources.length === 0) throw new Failure('node-gyp listed no source file');
  return sources;
}
