/** What lies in a packed value: docs/packed.md. Little-endian. */

/** The bytes "PIV1". */
export const MAGIC = 0x3156_4950;
/** Bytes before the value: the magic, and where the keys begin. */
export const HEADER = 8;

// One byte tells what a value is; of the short ones, what it says, too.

export const UNDEFINED = 0x00;
export const NULL = 0x01;
export const FALSE = 0x02;
export const TRUE = 0x03;
/** 4 bytes. */
export const INT32 = 0x04;
/** 8 bytes, as the two after it. */
export const DOUBLE = 0x05;
export const INT64 = 0x06;
export const DATE = 0x07;
/** A sign, 0 or 1; then as LATIN1: the bytes of the magnitude, the highest first. */
export const BIGINT = 0x08;
/** 4 bytes: how many bytes follow; so of the next three. */
export const LATIN1 = 0x09;
export const UTF16 = 0x0a;
export const BYTES = 0x0b;
export const BUFFER = 0x0c;
/** 4 bytes: how many values follow. */
export const ARRAY = 0x0d;
/** 4 bytes: which keys; as many values follow. */
export const OBJECT = 0x0e;

/** From here on: an array of so many values more than this. */
export const SHORT_ARRAY = 0x20;
/** From here on: so many bytes of Latin-1 more than this. */
export const SHORT_TEXT = 0x40;
/** From here on: an integer, so much more than this. */
export const SMALL = 0x80;

export const mostInShortArray = SHORT_TEXT - SHORT_ARRAY - 1;
export const longestShortText = SMALL - SHORT_TEXT - 1;
export const largestSmall = 0xff - SMALL;

/** Values in values: whoever goes deeper goes round in circles, or means harm. */
export const deepest = 256;
