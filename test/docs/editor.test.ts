/** What an editor shows where somebody points at a name: each public one, and its members, has docs. */

import path from 'node:path';

import ts from 'typescript';

const lib = path.resolve(__dirname, '../../lib');
const modules = ['index', 'syscalls'];

// Of the library of TypeScript nothing is needed: types are not checked here.
const program = ts.createProgram({
  rootNames: modules.map((name) => path.join(lib, `${name}.ts`)),
  options: { noLib: true, types: [], module: ts.ModuleKind.Node20, target: ts.ScriptTarget.ES2022 },
});
const checker = program.getTypeChecker();

function isDocumented(symbol: ts.Symbol): boolean {
  return ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() !== '';
}

const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;

function isPublic(member: ts.Symbol): boolean {
  const isOurs = member.declarations?.some(
    (one) =>
      one.getSourceFile().fileName.startsWith(lib) &&
      (ts.getCombinedModifierFlags(one) & hidden) === 0,
  );
  return isOurs === true && !/^(__|#|prototype$)/.test(member.name);
}

function membersOf(symbol: ts.Symbol): ts.Symbol[] {
  const own = checker.getDeclaredTypeOfSymbol(symbol).getProperties();
  const isClass = (symbol.flags & ts.SymbolFlags.Class) !== 0;
  return isClass ? [...own, ...checker.getTypeOfSymbol(symbol).getProperties()] : own;
}

const hasMembers = ts.SymbolFlags.Class | ts.SymbolFlags.Interface;

/** The names without docs, of a module and all that is in it. */
function* bare(symbol: ts.Symbol, name: string, isCalls: boolean): Generator<string> {
  if (!isDocumented(symbol)) yield name;
  if ((symbol.flags & ts.SymbolFlags.ValueModule) !== 0) {
    for (const one of checker.getExportsOfModule(symbol)) {
      const isAlias = (one.flags & ts.SymbolFlags.Alias) !== 0;
      const named = isAlias ? checker.getAliasedSymbol(one) : one;
      yield* bare(named, `${name}.${one.name}`, isCalls);
    }
  } else if ((symbol.flags & hasMembers) !== 0 && !isCalls) {
    for (const member of membersOf(symbol))
      if (isPublic(member) && !isDocumented(member)) yield `${name}.${member.name}`;
  } // the members of the structs of calls are those of the man pages
}

test.each(modules)('%s', (module) => {
  const source = program.getSourceFile(path.join(lib, `${module}.ts`));
  const symbol = source && checker.getSymbolAtLocation(source);
  if (symbol === undefined) throw new Error('it is no module');
  const exported = checker.getExportsOfModule(symbol);
  expect(exported.length).toBeGreaterThan(10);
  expect([...bare(symbol, module, module === 'syscalls')]).toEqual([module]); // nobody points at that
});
