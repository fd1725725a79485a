// @ts-check
// The ESM entries: they re-export the CommonJS build by name, so that there is one copy of every class.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);

/**
 * Writes `<entry>.mjs` and `<entry>.d.mts` beside `<entry>.js`, from what the built module exports.
 *
 * @param {string} folder
 * @param {string} entry
 */
export function writeEsmEntry(folder, entry) {
  const built = /** @type {object} */ (require(path.join(folder, `${entry}.js`)));
  const names = Object.keys(built).sort();
  const list = names.map((name) => `  ${name},\n`).join('');
  writeFileSync(
    path.join(folder, `${entry}.mjs`),
    `import built from './${entry}.js';\n\nexport const {\n${list}} = built;\n`,
  );
  writeFileSync(path.join(folder, `${entry}.d.mts`), `export * from './${entry}.js';\n`);
}
