/** What openers (`create`, `open` and their like) give to constructors, and programs cannot. */
export const byOpener = Symbol('by opener');

export type ByOpener = typeof byOpener;

/** Refuses `new` in a program: nobody has checked what it gives, or opened anything. */
export function checkOpener(by: unknown, made: { name: string }): void {
  if (by === byOpener) return; // the name of a class is a call: only who fails asks for it
  const message = `Illegal constructor: a ${made.name} comes from its openers, such as create() or open(), not from "new"`;
  throw Object.assign(new TypeError(message), { code: 'ERR_ILLEGAL_CONSTRUCTOR' });
}
