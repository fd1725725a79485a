import { readFileSync } from 'node:fs';
import path from 'node:path';

import { limits, limitsTable } from './limits';
import { parse, USAGE, type Request } from './options';
import { json, listingJson, listingText, shownText, tableText } from './print';
import { printable } from './words';
import { Wrong } from './wrong';

/** What the command prints; throws what it has to say where it cannot. */
function answer(request: Request): string {
  switch (request.command) {
    case 'help':
      return `${USAGE}\n`;
    case 'version':
      return `${version()}\n`;
    case 'limits': {
      const notes: string[] = [];
      const found = limits(notes);
      return request.json ? json(found) : tableText(limitsTable(found, notes));
    }
    case 'list': {
      const listings = request.kinds.map((kind) => kind.list());
      return request.json ? listingJson(request.kinds, listings) : listingText(listings);
    }
    case 'show': {
      const shown = request.kind.show(request.which, request.most);
      return request.json ? json(shown.object) : shownText(shown);
    }
  }
}

function version(): string {
  const file = path.join(__dirname, '../package.json'); // from dist/
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** Runs the command; sets the exit code: 1 where something failed, 2 where the command line is wrong. */
export function main(args: readonly string[]): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error; // who has read enough, such as head(1), has ended
    });
  }
  try {
    process.stdout.write(answer(parse(args)));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const isWrong = error instanceof Wrong;
    process.stderr.write(
      `posix-ipc: ${printable(message)}\n${isWrong ? 'posix-ipc --help says how\n' : ''}`,
    );
    process.exitCode = isWrong ? 2 : 1;
  }
}
