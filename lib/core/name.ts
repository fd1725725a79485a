import { crypto } from './builtins';
import { invalidType, outOfRange } from './error';

/** A name with its one leading slash: 'x' is '/x'. `longest` counts the bytes after the slash. */
export function checkName(name: unknown, longest: number): string {
  if (typeof name !== 'string') throw invalidType('name', 'a string', name);
  const bare = name.startsWith('/') ? name.slice(1) : name;
  const length = Buffer.byteLength(bare);
  if (length === 0 || length > longest || /[/\0]/.test(bare)) {
    const expected = `1 to ${String(longest)} bytes after the leading slash, without a slash or a null byte`;
    throw outOfRange('name', expected, JSON.stringify(name));
  }
  return `/${bare}`;
}

/** A name that nobody has, very likely. */
export function randomName(): string {
  return `/posix-ipc-${crypto().randomBytes(8).toString('hex')}`;
}
