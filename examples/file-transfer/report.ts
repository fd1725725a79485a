import Table from 'cli-table3';
import type { Sent } from './sender';

/** One line of the table: a transport with a peer. */
export interface Row {
  transport: string;
  peer: string;
  /** undefined if the transfer failed. */
  sent: Sent | undefined;
}

export function formatTable(rows: Row[]): string {
  const table = new Table({
    head: ['Transport', 'Peer', 'Bytes', 'Messages', 'MB/s', 'SHA-256'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const { transport, peer, sent } of rows) table.push([transport, peer, ...formatSent(sent)]);
  return table.toString();
}

function formatSent(sent: Sent | undefined): string[] {
  if (!sent) return ['', '', '', 'failed'];
  const { bytes, messages, seconds, equal } = sent;
  const rate = bytes / 1e6 / seconds;
  return [
    bytes.toLocaleString('en'),
    messages.toLocaleString('en'),
    rate.toFixed(1),
    equal ? 'equal' : 'DIFFERENT',
  ];
}
