// @ts-check
// clang-tidy over native/, with the flags that the real build uses.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { requireCompiler, runNodeGyp, shadowFolder } from './support/addon.mjs';
import { runForEach } from './support/parallel.mjs';
import { Failure, isInstalled, main, root } from './support/run.mjs';

/** The analyser follows the paths of the file that it is given, and of no other; and leaves headers alone. */
const ANALYSER = ['--checks=-*,clang-analyzer-*'];
const OTHERS = ['--checks=-clang-analyzer-*'];

await main(async () => {
  if (!isInstalled('clang-tidy')) throw new Failure('lint:cpp needs clang-tidy');
  requireCompiler();
  const folder = shadowFolder('build-lint');
  runNodeGyp({ folder, command: 'configure', gyp: ['-f', 'compile_commands_json'] });
  const database = path.join(folder, 'build/Release');
  const commands = nameOriginals(path.join(database, 'compile_commands.json'), folder);
  const units = unitsOf(commands, folder);
  const all = [...commands, ...units.map(({ command }) => command)];
  writeFileSync(path.join(database, 'compile_commands.json'), JSON.stringify(all));
  const args = ['--quiet', '-p', database];
  const files = units.map(({ command }) => command.file);
  const doubtful = await runForEach(files, 'clang-tidy', [...args, ...OTHERS], { quiet: true });
  const isDoubtful = (/** @type {Unit} */ { command }) => doubtful.includes(command.file);
  // Also where files do not go together: each of them for itself tells.
  const alone = units.filter(isDoubtful).flatMap(({ sources }) => sources);
  const sources = commands.map(({ file }) => file).filter((file) => !alone.includes(file));
  const failed = [
    ...(await runForEach(alone, 'clang-tidy', args)),
    ...(await runForEach(sources, 'clang-tidy', [...args, ...ANALYSER])),
  ];
  if (failed.length > 0) throw new Failure(`clang-tidy found something in ${failed.join(', ')}`);
  console.log(`clang-tidy: nothing found in ${String(commands.length)} files`);
});

/** @typedef {{ file: string, command: string, directory: string }} Command */
/** @typedef {{ command: Command, sources: string[] }} Unit */

/**
 * Most of the time goes into the headers of Node-API and C++. So several files are read as one: the first
 * of each folder, the second, and so on; those of one folder may use the same names.
 *
 * @param {Command[]} commands
 * @param {string} folder
 * @returns {Unit[]}
 */
function unitsOf(commands, folder) {
  /** @type {Command[][]} */
  const units = [];
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const command of commands) {
    const index = counts.get(path.dirname(command.file)) ?? 0;
    counts.set(path.dirname(command.file), index + 1);
    (units[index] ??= []).push(command);
  }
  return units.map((some, index) => {
    const file = path.join(folder, `unit-${String(index)}.cc`);
    const sources = some.map((one) => one.file);
    const lines = sources.map(
      (one) => `#include "${one}" // NOLINT(bugprone-suspicious-include)\n`,
    );
    writeFileSync(file, lines.join(''));
    const [first] = some;
    if (first === undefined) throw new Failure('a unit without a file');
    const command = { ...first, file, command: first.command.replaceAll(first.file, file) };
    return { command, sources };
  });
}

/**
 * Puts the files' names in the repository where the database has those of the shadow folder.
 *
 * @param {string} database
 * @param {string} folder
 * @returns {Command[]}
 */
function nameOriginals(database, folder) {
  const text = readFileSync(database, 'utf8').replaceAll(`${folder}/`, `${root}/`);
  const commands = /** @type {Command[]} */ (JSON.parse(text));
  if (commands.length === 0) throw new Failure('node-gyp listed no source file');
  return commands;
}
