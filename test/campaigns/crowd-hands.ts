/** How many a process of Node of a crowd can have in hands when it is killed; one of C has one. */
export const atOnce = 5;
