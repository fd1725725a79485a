import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from '../support/program';
import { transports } from './transports';
import type { Transport } from './transports/transport';

const IDS = transports.map(({ id }) => id).join(', ');

const WIDTH = Math.max(...transports.map(({ id }) => id.length));

export const USAGE = `Usage: npm start -- [FILE] [--transport NAME]...

Sends FILE to a Node.js process and to a C program, through every transport that
there is, and compares the SHA-256 of what arrived. FILE is the node binary if
it is not given. Then three processes count under a mutex, while they are killed.

  -t, --transport NAME   only this one, no counting; can be given several times
  -h, --help             print this text

Transports:
${transports.map(({ id, name }) => `  ${id.padEnd(WIDTH)}   ${name}`).join('\n')}`;

export interface SourceFile {
  path: string;
  name: string;
  size: number;
}

export interface Request {
  file: string;
  transports: readonly Transport[];
  /** Only some transports were asked for, and nothing else. */
  isChoice: boolean;
}

/** What is asked for; undefined where that is help. */
export function parseCommandLine(args: string[]): Request | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  if (positionals.length > 1) throw new UsageError('only one FILE can be sent');
  const [file = process.execPath] = positionals;
  // npm runs the program in the package's folder and says where the user was.
  const resolved = path.resolve(process.env['INIT_CWD'] ?? '', file);
  const isChoice = values.transport !== undefined;
  return { file: resolved, transports: chooseTransports(values.transport), isChoice };
}

function chooseTransports(ids: string[] | undefined): readonly Transport[] {
  for (const id of ids ?? []) {
    if (!transports.some((transport) => transport.id === id))
      throw new UsageError(`there is no transport ${id}, but ${IDS}`);
  }
  return transports.filter(({ id }) => ids?.includes(id) ?? true);
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        transport: { type: 'string', short: 't', multiple: true },
      },
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
