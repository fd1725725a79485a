/** Streams of bytes and packets: pipe(7), fifo(7). */

export { Fifo, mkfifo, mkfifoSync, type FifoOptions, type KeepOpenOptions } from './fifo';
export type { FileRange, SendFileOptions } from './file-source';
export type { StreamOptions } from '../core/stream-options';
export { pipe, pipeSync, type Pipe, type PipeOptions } from './pipe';
export {
  PipeReader,
  type ReadOptions,
  type ReadSyncOptions,
  type SizeOptions,
} from './pipe-reader';
export { PipeWriter, type SendFileSyncOptions } from './pipe-writer';
export type { LineOptions } from './records';
