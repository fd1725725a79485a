/** Files that are gone after the test. Importing this registers the clean-up. */

import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { runDirectory } from './run-directory';

const made = new Set<string>();

afterEach(() => {
  for (const file of made) rmSync(file, { force: true });
  made.clear();
});

/** A file with this content; its name is in no other file's. */
export function temporaryFile(content: string | Uint8Array): string {
  const file = path.join(runDirectory(), `file-${randomUUID()}`);
  made.add(file);
  writeFileSync(file, content);
  return file;
}

/** Bytes that tell where they are: no two pages are alike. */
export function pattern(length: number, from = 0): Buffer {
  const buffer = Buffer.alloc(length);
  for (let i = 0; i < length; i++) buffer[i] = (i + from) * 31 + ((i + from) >> 8) * 7;
  return buffer;
}
