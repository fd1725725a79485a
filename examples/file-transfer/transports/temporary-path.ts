import { tmpdir } from 'node:os';
import path from 'node:path';
import { uniqueName } from './unique-name';

export function temporaryPath(): string {
  return path.join(tmpdir(), uniqueName());
}
