import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

export const USAGE = `Usage: npm start -- [FILE]

Sends FILE to a Node.js process and to a C program, through every transport that
there is, and compares the SHA-256 of what arrived. FILE is the node binary if
it is not given.

  -h, --help   print this text`;

export interface SourceFile {
  path: string;
  name: string;
  size: number;
}

/** The command line is wrong; the message is one line for the user. */
export class UsageError extends Error {}

/** The file's path, or undefined where help is asked for. */
export function parseCommandLine(args: string[]): string | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  if (positionals.length > 1) throw new UsageError('only one FILE can be sent');
  const [file = process.execPath] = positionals;
  // npm runs the program in the package's folder and says where the user was.
  return path.resolve(process.env['INIT_CWD'] ?? '', file);
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

export async function inspectFile(file: string): Promise<SourceFile> {
  try {
    const stats = await stat(file);
    if (stats.isDirectory()) throw new UsageError(`${file} is a directory, not a file`);
    if (!stats.isFile()) throw new UsageError(`${file} is not a regular file`);
    await access(file, constants.R_OK);
    return { path: file, name: path.basename(file), size: stats.size };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`);
  }
}
