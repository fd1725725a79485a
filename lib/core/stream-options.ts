import { boolean, integer, optionsOf } from './options';

/** What a Node stream over an end of something is made with. */
export interface StreamOptions {
  /** Bytes that the stream keeps before it asks for no more. Default 64 KiB. */
  highWaterMark?: number | undefined;
  /** The end is closed with the stream. Default true. */
  autoClose?: boolean | undefined;
}

const usual = 64 * 1024;

export function streamOptionsOf(options: StreamOptions | undefined): {
  highWaterMark: number;
  autoClose: boolean;
} {
  const { highWaterMark = usual, autoClose = true } = optionsOf(options);
  return {
    highWaterMark: integer('options.highWaterMark', highWaterMark, 1, 2 ** 30),
    autoClose: boolean('options.autoClose', autoClose),
  };
}
