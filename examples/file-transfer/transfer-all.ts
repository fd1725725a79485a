import { rm } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { NoCompiler } from '../support/compile';
import { messageOf } from '../support/program';
import type { SourceFile } from './options';
import { type Peer, peers } from './peers';
import { type Row, formatTable } from './report';
import { transfer } from './transfer';
import { temporaryPath } from './transports/temporary-path';
import type { Transport } from './transports/transport';

/** Milliseconds. */
const MOMENT = 100;

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
    await throwIfInterrupted(interrupted);
    if (error instanceof NoCompiler) {
      console.log(`${label}: skipped, ${error.message}`);
      return undefined;
    }
    console.error(`${label}: ${messageOf(error)}`);
    return { ...row, sent: undefined };
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Ctrl-C goes to the receiver, too: its end may be seen a moment before the signal that comes here. */
async function throwIfInterrupted(interrupted: AbortSignal): Promise<void> {
  await setTimeout(MOMENT, undefined, { signal: interrupted }).catch(() => undefined);
  interrupted.throwIfAborted();
}

/** Sends a file through transports, to every peer; a table shows how. Whether every transfer went well. */
export async function transferAll(
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
