// @ts-check
// What one file of the bundle takes from another is a variable there, as it was in one file: the bundler reads it
// as a property of `exports` at each use, and V8 keeps an object of so many properties in a hash table.
import ts from 'typescript';

const LOCAL = /^const ([\w$]+) = require\('(\.\/[^']+)'\);$/gm;

/**
 * `core.check` becomes `core_check`, which is as long: the source map stays right.
 * What is exported has to have its value when its file has run.
 *
 * @param {string} code
 * @returns {string}
 */
export function asVariables(code) {
  let out = code;
  for (const [line, file, from] of code.matchAll(LOCAL)) {
    if (file === undefined || from === undefined) continue;
    const uses = usesOf(out, file);
    const names = [...new Set(uses.values())];
    const taken = names.map((name) => `${name}: ${file}_${name}`).join(', ');
    if (names.some((name) => out.includes(`${file}_${name}`))) throw new Error(`${file}_ is taken`);
    const letters = out.split('');
    for (const dot of uses.keys()) letters[dot] = '_';
    out = letters.join('').replace(line, () => `const { ${taken} } = require('${from}');`);
  }
  return out;
}

/**
 * The properties of an object that are read, by where their dot is.
 *
 * @param {string} code
 * @param {string} object
 * @returns {Map<number, string>}
 */
function usesOf(code, object) {
  const uses = new Map();
  const source = ts.createSourceFile('chunk.js', code, ts.ScriptTarget.ES2022);
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
      if (node.expression.text === object) uses.set(node.expression.end, node.name.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return uses;
}
