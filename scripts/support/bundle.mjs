// @ts-check
// lib/ as few files of JavaScript: each file more costs the start of every program that loads the package.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { rollup } from 'rollup';
import ts from 'typescript';
import { Failure } from './run.mjs';

const require = createRequire(import.meta.url);

/** Made once, for both entries. */
const compilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  isolatedModules: true,
  removeComments: true, // editors read those of the types
  sourceMap: true,
};

/** @type {import('rollup').Plugin} */
const sources = {
  name: 'sources',
  resolveId(wanted, importer) {
    if (importer === undefined) return wanted;
    if (!wanted.startsWith('.')) return { id: wanted, external: true };
    const file = path.resolve(path.dirname(importer), wanted);
    return existsSync(`${file}.ts`) ? `${file}.ts` : path.join(file, 'index.ts');
  },
  load(file) {
    const { outputText, sourceMapText } = ts.transpileModule(readFileSync(file, 'utf8'), {
      fileName: file,
      compilerOptions,
    });
    return { code: outputText, map: sourceMapText ?? null };
  },
};

/**
 * Writes `<entry>.js` for each entry of a folder, and beside them what they share.
 *
 * @param {string} from
 * @param {readonly string[]} entries
 * @param {string} folder
 */
export async function bundle(from, entries, folder) {
  const input = Object.fromEntries(entries.map((name) => [name, path.join(from, `${name}.ts`)]));
  const calls = path.join(from, 'syscalls') + path.sep;
  const built = await rollup({
    input,
    plugins: [sources],
    onLog(level, log) {
      if (log.code === 'THIS_IS_UNDEFINED') return; // in TypeScript's helpers, which know it
      throw new Failure(`${level}: ${log.message}`);
    },
  });
  await built.write({
    dir: folder,
    format: 'cjs',
    interop: 'auto',
    esModule: true, // so that import * has what there is, and no default
    generatedCode: 'es2015',
    hoistTransitiveImports: false,
    sourcemap: true,
    sourcemapExcludeSources: true, // lib/ is in the package
    chunkFileNames: '[name].js',
    // Two scopes: a call and a function of the facade may have one name, and both keep it.
    manualChunks: (id) => {
      if (id.startsWith(calls)) return 'calls';
      return Object.values(input).includes(id) ? undefined : 'core';
    },
  });
  await built.close();
  for (const entry of entries) checkNames(require(path.join(folder, `${entry}.js`)), entry);
}

/**
 * Stacks and util.inspect show the names of functions and classes: none may have been changed.
 *
 * @param {unknown} exported
 * @param {string} name
 */
function checkNames(exported, name) {
  if (typeof exported === 'function') {
    const own = name.slice(name.lastIndexOf('.') + 1);
    if (exported.name !== own) throw new Failure(`${name} has become ${exported.name}`);
  } else if (typeof exported === 'object' && exported !== null) {
    for (const [key, value] of Object.entries(exported)) checkNames(value, `${name}.${key}`);
  }
}
