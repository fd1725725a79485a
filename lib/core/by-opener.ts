/** What openers (`create`, `open` and their like) give to constructors, and programs cannot. */
export const byOpener = Symbol('by opener');

export type ByOpener = typeof byOpener;

/** Refuses `new` in a program: nobody has checked what it gives, or opened anything. */
export function checkOpener(by: unknown, made: { name: string }): void {
  if (by !== byOpener) throw illegalConstructor(made.name); // the name is a call: it comes last
}

/** Apart: what is called often makes the check, and V8 inlines only so much. */
function illegalConstructor(name: string): TypeError {
  const message = `Illegal constructor: a ${name} comes from its openers, such as create() or open(), not from "new"`;
  return Object.assign(new TypeError(message), { code: 'ERR_ILLEGAL_CONSTRUCTOR' });
}
