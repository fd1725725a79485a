import { randomBytes } from 'node:crypto';

/** A name that nobody guesses or meets by chance, and that says whose it is. */
export function uniqueName(): string {
  return `file-transfer-${String(process.pid)}-${randomBytes(8).toString('hex')}`;
}
