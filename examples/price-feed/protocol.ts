/** The types of messages. */

/** One line, as UTF-8. */
export const LINE = 0;
/** The publisher has no more. */
export const END = 1;
