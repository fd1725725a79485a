// @ts-check
// Installs the tarball in an empty folder, where it has no script to run, and uses it as consumers do.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { prebuiltPath } from './support/addon.mjs';
import { Failure, main, output, root, run, tool } from './support/run.mjs';
import { releasePath } from './support/tarball.mjs';

const PROGRAMS = path.join(root, 'scripts/pack-check');
/** Every TypeScript project of a consumer: what it compiles, and how. */
const PROJECTS = [
  { file: 'node16.mts', options: { module: 'node16' }, runs: 'node16.mjs' },
  { file: 'node16.cts', options: { module: 'node16' }, runs: 'node16.cjs' },
  { file: 'bundler.ts', options: { module: 'esnext', moduleResolution: 'bundler' } },
];

await main(() => {
  run(process.execPath, [path.join(root, 'scripts/package.mjs')]);
  const tarball = releasePath();
  run(process.execPath, [tool('publint'), 'run', tarball, '--strict']);
  run(process.execPath, [tool('attw'), tarball]);
  const folder = mkdtempSync(path.join(tmpdir(), 'posix-ipc-consumer-'));
  try {
    install(folder, tarball);
    checkLinks(path.join(folder, 'node_modules/posix-ipc'));
    checkHeaders(path.join(folder, 'node_modules/posix-ipc'));
    usePrograms(folder);
    useCommand(folder);
    for (const project of PROJECTS) useTypes(folder, project);
    useSource(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/**
 * Also with a lockfile, of which npm takes less about a package than its manifest says.
 *
 * @param {string} folder
 * @param {string} tarball
 */
function install(folder, tarball) {
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  run('npm', ['install', '--no-audit', '--no-fund', tarball], { cwd: folder });
  run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder });
}

/**
 * Every page of the package links to files that are in the package.
 *
 * @param {string} inside
 */
function checkLinks(inside) {
  const pages = ['.', 'docs', 'examples'].flatMap((folder) =>
    readdirSync(path.join(inside, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => path.join(inside, folder, name)),
  );
  const dead = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map(([, target = '']) => path.resolve(path.dirname(page), target))
      .filter((target) => !existsSync(target)),
  );
  if (dead.length > 0) throw new Failure(`dead links in the package: ${dead.join(', ')}`);
  console.log(`${String(pages.length)} pages: no dead links`);
}

/**
 * All headers for C programs are there, and each can be compiled with those alone.
 *
 * @param {string} inside
 */
function checkHeaders(inside) {
  const include = path.join(inside, 'native/include');
  const names = readdirSync(path.join(root, 'native/include/posix-ipc'));
  for (const name of names) {
    const header = path.join(include, 'posix-ipc', name);
    const flags = ['-std=c11', '-D_GNU_SOURCE', '-fsyntax-only', '-x', 'c', `-I${include}`];
    run('cc', [...flags, '-include', header, '/dev/null']);
  }
  console.log(`${String(names.length)} headers: compiled`);
}

/** @param {string} folder */
function usePrograms(folder) {
  for (const name of ['use.mjs', 'use.cjs']) {
    copyFileSync(path.join(PROGRAMS, name), path.join(folder, name));
    run(process.execPath, [name], { cwd: folder });
    console.log(`${name}: works`);
  }
}

/**
 * The command, as npm has linked it.
 *
 * @param {string} folder
 */
function useCommand(folder) {
  const listed = output('npx', ['--no-install', 'posix-ipc', 'list', '--json'], { cwd: folder });
  /** @type {Record<string, unknown>} */
  const found = JSON.parse(listed);
  if (!Array.isArray(found['sysvQueues'])) throw new Failure(`posix-ipc lists ${listed}`);
  console.log('posix-ipc: works');
}

/**
 * @param {string} folder
 * @param {(typeof PROJECTS)[number]} project
 */
function useTypes(folder, project) {
  const inside = path.join(folder, project.file.replace('.', '-'));
  mkdirSync(inside);
  copyFileSync(path.join(PROGRAMS, 'use.ts'), path.join(inside, project.file));
  const compilerOptions = {
    strict: true,
    target: 'es2022',
    lib: ['es2023', 'esnext.disposable'],
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules/@types')],
    ...project.options,
  };
  const config = { compilerOptions, files: [project.file] };
  writeFileSync(path.join(inside, 'tsconfig.json'), JSON.stringify(config));
  run(process.execPath, [tool('tsc'), '--project', inside]);
  if (project.runs !== undefined) run(process.execPath, [project.runs], { cwd: inside });
  console.log(`${project.file}: works`);
}

/**
 * Takes the prebuilt addon away: the error names a command, and that command helps.
 *
 * @param {string} folder
 */
function useSource(folder) {
  rmSync(path.join(folder, 'node_modules/posix-ipc', prebuiltPath));
  const load = "try { require('posix-ipc') } catch (error) { console.log(error.message) }";
  const message = output(process.execPath, ['--eval', load], { cwd: folder });
  const command = /npm explore .*/.exec(message)?.[0];
  if (command === undefined) throw new Failure(`the loader names no command: ${message}`);
  console.log(command);
  // In half the time: that it is quick is no part of this.
  run('sh', ['-c', command], { cwd: folder, env: { ...process.env, CXXFLAGS: '-O0' } });
  usePrograms(folder);
}
