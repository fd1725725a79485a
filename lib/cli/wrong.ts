/** The command line is wrong: the message is for its user. */
export class Wrong extends Error {}
