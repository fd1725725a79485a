/** The types of what is public can be named by who uses it: in the declarations of a library on top of this package. */

import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import ts from 'typescript';

import { runDirectory } from './support/run-directory';

const root = path.resolve(__dirname, '..');

/** A folder in which the package is installed. */
function consumer(): string {
  const folder = mkdtempSync(path.join(runDirectory(), 'declarations-'));
  const inside = path.join(folder, 'node_modules/posix-ipc');
  mkdirSync(inside, { recursive: true });
  cpSync(path.join(root, 'package.json'), path.join(inside, 'package.json'));
  cpSync(path.join(root, 'dist'), path.join(inside, 'dist'), { recursive: true });
  return folder;
}

const options: ts.CompilerOptions = {
  strict: true,
  declaration: true,
  emitDeclarationOnly: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.Node16,
  lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts'],
  types: ['node'],
  typeRoots: [path.join(root, 'node_modules/@types')],
};

/** Reads a file once, but for the library's. */
function hostOf(file: string): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const sources = new Map<string, ts.SourceFile | undefined>();
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, how) => {
    if (name === file) return read(name, how);
    if (!sources.has(name)) sources.set(name, read(name, how));
    return sources.get(name);
  };
  return host;
}

const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;

function isPublic(member: ts.Symbol): boolean {
  const isHidden = member.declarations?.some(
    (one) => (ts.getCombinedModifierFlags(one) & hidden) !== 0,
  );
  return isHidden !== true && !/^(__|#|prototype$)/.test(member.name);
}

/** Each function, constant, method and property, as an expression. */
function* expressions(checker: ts.TypeChecker, one: ts.Symbol, name: string): Generator<string> {
  const isAlias = (one.flags & ts.SymbolFlags.Alias) !== 0;
  const symbol = isAlias ? checker.getAliasedSymbol(one) : one;
  if ((symbol.flags & ts.SymbolFlags.ValueModule) !== 0) {
    for (const inside of checker.getExportsOfModule(symbol))
      yield* expressions(checker, inside, `${name}.${inside.name}`);
  } else if ((symbol.flags & ts.SymbolFlags.Class) !== 0) {
    for (const member of checker.getDeclaredTypeOfSymbol(symbol).getProperties())
      if (isPublic(member)) yield `(one: ${name}) => one.${member.name}`;
    for (const member of checker.getTypeOfSymbol(symbol).getProperties())
      if (isPublic(member)) yield `${name}.${member.name}`;
  } else if ((symbol.flags & ts.SymbolFlags.Value) !== 0) yield name;
}

test('a library may export whatever it has got from the package', () => {
  const file = path.join(consumer(), 'library.mts');
  const host = hostOf(file);
  const programOf = (text: string): ts.Program => {
    writeFileSync(file, text);
    return ts.createProgram([file], options, host);
  };
  const imported =
    "import * as all from 'posix-ipc';\nimport * as calls from 'posix-ipc/syscalls';\nexport { all, calls };\n";
  const first = programOf(imported);
  const checker = first.getTypeChecker();
  const source = first.getSourceFile(file);
  const symbol = source && checker.getSymbolAtLocation(source);
  if (symbol === undefined) throw new Error('it is no module');
  const found = checker
    .getExportsOfModule(symbol)
    .flatMap((one) => [...expressions(checker, one, one.name)]);
  expect(found.length).toBeGreaterThan(1000);

  const lines = found.map((expression, i) => `export const v${String(i)} = ${expression};`);
  const { diagnostics } = programOf(imported + lines.join('\n')).emit();
  const messages = diagnostics.map((one) => ts.flattenDiagnosticMessageText(one.messageText, '\n'));
  expect(messages).toEqual([]);
});
