/** How those that are killed take from a semaphore. */

export const undoWays = ['wait', 'eight at once', 'use', 'sync', 'guard'] as const;

export type UndoWay = (typeof undoWays)[number];
