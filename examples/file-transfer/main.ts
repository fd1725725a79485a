/** Sends a file through every transport to every peer, and shows in a table how that went. */
import { rm } from 'node:fs/promises';
import { Interruption, dieOf, interruptions } from './interruption';
import { type SourceFile, USAGE, UsageError, inspectFile, parseCommandLine } from './options';
import { type Peer, PeerUnavailable, peers } from './peers';
import { type Row, formatTable } from './report';
import { transfer } from './transfer';
import { temporaryPath } from './transports/temporary-path';
import type { Transport } from './transports/transport';

/** One row of the table, or none if this machine cannot run the peer. */
async function makeRow(
  file: SourceFile,
  transport: Transport,
  peer: Peer,
  interrupted: AbortSignal,
): Promise<Row | undefined> {
  const label = `${transport.name} -> ${peer.name}`;
  const row = { transport: transport.name, peer: peer.name };
  const folder = temporaryPath();
  try {
    const launch = await peer.prepare(transport, folder, interrupted);
    return { ...row, sent: await transfer(file, transport, launch, label, interrupted) };
  } catch (error) {
    interrupted.throwIfAborted();
    if (error instanceof PeerUnavailable) {
      console.log(`${label}: skipped, ${error.message}`);
      return undefined;
    }
    console.error(`${label}: ${messageOf(error)}`);
    return { ...row, sent: undefined };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Whether every transfer went well. */
async function run(
  file: SourceFile,
  chosen: readonly Transport[],
  interrupted: AbortSignal,
): Promise<boolean> {
  console.log(`Sending ${file.path}, ${file.size.toLocaleString('en')} bytes`);
  const rows: Row[] = [];
  for (const transport of chosen) {
    for (const kind of transport.peers) {
      const row = await makeRow(file, transport, peers[kind], interrupted);
      if (row) rows.push(row);
    }
  }
  console.log(formatTable(rows));
  return rows.every(({ sent }) => sent?.equal);
}

async function main(): Promise<number> {
  const requested = parseCommandLine(process.argv.slice(2));
  if (requested === undefined) {
    console.log(USAGE);
    return 0;
  }
  const file = await inspectFile(requested.file);
  return (await run(file, requested.transports, interruptions())) ? 0 : 1;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

main().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    console.error(`file-transfer: ${messageOf(error)}`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
    if (error instanceof Interruption) dieOf(error);
  },
);
