/** What the program of many environments and its test agree on. */

/** Most waits that one worker begins. */
export const mostWaits = 8;

export const workerEnds = [
  'terminate',
  'terminate while blocked',
  'exit',
  'exception',
  'natural',
] as const;

export type WorkerEnd = (typeof workerEnds)[number];

export interface Footprint {
  threads: number;
  /** Resident memory, in bytes. */
  rss: number;
  /** Mappings of the address space: each stack that is left is one or two. */
  maps: number;
}

export interface Environments {
  warm: Footprint;
  end: Footprint;
  sent: number;
  taken: number;
}
