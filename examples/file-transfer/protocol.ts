/**
 * What travels, over any transport: typed messages.
 *
 * | type | from     | payload                                                        |
 * | ---- | -------- | -------------------------------------------------------------- |
 * | 1    | sender   | header: the text `SIZE NAME`                                   |
 * | 2    | sender   | data: the next bytes of the file                               |
 * | 3    | sender   | end: the sender's SHA-256 as hexadecimal text                  |
 * | 4    | receiver | answer: `ready`, and at the end `equal SHA256` or `different SHA256` |
 *
 * c/receiver.c knows the same table.
 */
export const HEADER = 1;
export const DATA = 2;
export const END = 3;
export const ANSWER = 4;

export const READY = 'ready';

export interface Header {
  size: number;
  name: string;
}

export function formatHeader({ size, name }: Header): string {
  return `${String(size)} ${name}`;
}

export function parseHeader(data: Buffer): Header {
  const match = /^(\d+) (.*)$/s.exec(data.toString());
  if (!match) throw new Error('the header does not begin with a size');
  return { size: Number(match[1]), name: match[2] ?? '' };
}

/** The receiver's last word. */
export interface Verdict {
  equal: boolean;
  digest: string;
}

export function formatVerdict({ equal, digest }: Verdict): string {
  return `${equal ? 'equal' : 'different'} ${digest}`;
}

export function parseVerdict(data: Buffer): Verdict {
  const match = /^(equal|different) ([0-9a-f]{64})$/.exec(data.toString());
  if (!match?.[2]) throw new Error(`the receiver's verdict makes no sense: ${data.toString()}`);
  return { equal: match[1] === 'equal', digest: match[2] };
}
