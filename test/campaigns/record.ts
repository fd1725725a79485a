/** What was taken by whom, in the order of taking; programs write it, the test reads it. */

import { appendFileSync, readFileSync } from 'node:fs';

/** A message of the abort storm. */
export interface Tag {
  sender: number;
  type: number;
  /** Counts within one sender and type. */
  sequence: number;
}

export interface Taken extends Tag {
  /** One line of requests: what it takes keeps its order. */
  taker: string;
}

export const tagBytes = 8;

/** The payload of a message; its type travels as the message's own. */
export function payloadOf({ sender, sequence }: Tag): Buffer {
  const payload = Buffer.alloc(tagBytes);
  payload.writeUInt32LE(sender, 0);
  payload.writeUInt32LE(sequence, 4);
  return payload;
}

export function tagOf(type: number | bigint, payload: Buffer): Tag {
  return {
    type: Number(type),
    sender: payload.readUInt32LE(0),
    sequence: payload.readUInt32LE(4),
  };
}

/** Collects in memory, writes at the end. */
export class Record {
  readonly #lines: string[] = [];

  add(taker: string, { sender, type, sequence }: Tag): void {
    this.#lines.push(`${taker} ${String(sender)} ${String(type)} ${String(sequence)}\n`);
  }

  writeTo(file: string): void {
    appendFileSync(file, this.#lines.join(''));
  }
}

export function readRecord(file: string): Taken[] {
  return readFileSync(file, 'latin1')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [taker = '', sender = '', type = '', sequence = ''] = line.split(' ');
      return {
        taker,
        sender: Number(sender),
        type: Number(type),
        sequence: Number(sequence),
      };
    });
}
