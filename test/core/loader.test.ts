/** What is said where there is no addon: what helps depends on why. */

import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { Peer } from '../support/processes';
import { runDirectory } from '../support/run-directory';

const root = path.resolve(__dirname, '../..');

/** The package's code, in a folder without the rest of it. */
function codeAlone(): string {
  const folder = mkdtempSync(path.join(runDirectory(), 'loader-'));
  mkdirSync(path.join(folder, 'dist'));
  for (const file of ['core.js', 'index.js'])
    cpSync(path.join(root, 'dist', file), path.join(folder, 'dist', file));
  return folder;
}

/** The error of who loads it from there. */
async function errorOf(folder: string, chosen?: string): Promise<string> {
  const load = `try { require('./dist') } catch (error) { console.log(error.message); }`;
  const env = { NODE_PATH: path.join(root, 'node_modules'), POSIX_IPC_ADDON: chosen };
  const options = { cwd: folder, env: { ...process.env, ...env } };
  return new Peer(process.execPath, ['--eval', load], options).success();
}

test('a package without a binary names the command that builds one', async () => {
  const folder = codeAlone();
  mkdirSync(path.join(folder, 'scripts'));
  writeFileSync(path.join(folder, 'scripts/build-from-source.mjs'), '');
  const error = await errorOf(folder);
  expect(error).toContain(`no binary for ${process.platform} ${process.arch}`);
  expect(error).toContain('npm explore posix-ipc -- npm run build:from-source\n');
});

test('code that was bundled is told so: no build would help', async () => {
  const folder = codeAlone();
  const error = await errorOf(folder);
  expect(error).toContain(`its files are not in ${folder}.`);
  expect(error).toContain(`external: 'posix-ipc'`);
  expect(error).not.toContain('build:from-source');
});

test('a binary that was chosen and is not there is named: no build would help', async () => {
  const error = await errorOf(codeAlone(), './no-such.node');
  expect(error).toMatch(/POSIX_IPC_ADDON names, \/.*\/no-such\.node, could not be loaded/);
  expect(error).not.toContain('build:from-source');
});

test('where Node loads no addons its flags are named: no build would help', async () => {
  const load = `try { require(${JSON.stringify(root)}) } catch (error) { console.log(error.message); }`;
  const error = await new Peer(process.execPath, ['--no-addons', '--eval', load]).success();
  expect(error).toContain('add --allow-addons');
  expect(error).not.toContain('build:from-source');
});

/** What a program prints that is run from a file: --eval loads modules of its own. */
async function printedBy(program: string): Promise<string> {
  const file = path.join(mkdtempSync(path.join(runDirectory(), 'loader-')), 'program.js');
  writeFileSync(file, program);
  return new Peer(process.execPath, [file]).success();
}

test("loading the package leaves Node's slow modules to who needs them", async () => {
  const slow = 'process.moduleLoadList.filter((name) => /^NativeModule (crypto|v8)$/.test(name))';
  const load = `require(${JSON.stringify(root)});`;
  expect(await printedBy(`${load} const slow = ${slow}; console.log(slow.join());`)).toBe('\n');
});

test('who loads the calls alone does not wait for the classes', async () => {
  const bytesOf = async (file: string): Promise<number> => {
    const load = `require(${JSON.stringify(path.join(root, 'dist', file))});`;
    const code = `Object.keys(require.cache).filter((one) => one.endsWith('.js'))`;
    const sizes = `${code}.map((one) => require('node:fs').statSync(one).size)`;
    return Number(
      await printedBy(`${load} console.log(${sizes}.reduce((sum, one) => sum + one));`),
    );
  };
  expect(3 * (await bytesOf('syscalls.js'))).toBeLessThan(await bytesOf('index.js'));
});
