// @ts-check
// lib/ as few files of JavaScript: each file more costs the start of every program that loads the package.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { rollup } from 'rollup';
import ts from 'typescript';
import { asVariables } from './imported.mjs';
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

/** @type {import('rollup').OutputPlugin} */
const variables = {
  name: 'variables',
  renderChunk: (code, { isEntry }) => (isEntry ? null : { code: asVariables(code), map: null }),
};

/**
 * Writes `<entry>.js` for each entry of a folder and for a program, and beside them what they share.
 *
 * @param {string} from
 * @param {readonly string[]} entries
 * @param {string} program
 * @param {string} folder
 */
export async function bundle(from, entries, program, folder) {
  const input = Object.fromEntries(
    [...entries, program].map((name) => [name, path.join(from, `${name}.ts`)]),
  );
  const calls = path.join(from, 'syscalls') + path.sep;
  const ofProgram = path.join(from, program) + path.sep;
  /** @type {Set<string> | undefined} */
  let ofCalls;
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
    plugins: [variables],
    // Two scopes: a call and a function of the facade may have one name, and both keep it. And who needs the
    // calls alone does not wait for all classes to be parsed.
    manualChunks: (id, { getModuleInfo }) => {
      if (Object.values(input).includes(id) || id.startsWith(ofProgram)) return undefined;
      if (id.startsWith(calls)) return 'calls';
      ofCalls ??= withAllImports(path.join(from, 'syscalls.ts'), getModuleInfo);
      return ofCalls.has(id) ? 'core' : 'classes';
    },
  });
  await built.close();
  for (const entry of entries) checkNames(require(path.join(folder, `${entry}.js`)), entry);
}

/**
 * @param {string} id
 * @param {import('rollup').GetModuleInfo} getModuleInfo
 * @param {Set<string>} found
 * @returns {Set<string>}
 */
function withAllImports(id, getModuleInfo, found = new Set()) {
  if (found.has(id)) return found;
  found.add(id);
  for (const one of getModuleInfo(id)?.importedIds ?? []) withAllImports(one, getModuleInfo, found);
  return found;
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
