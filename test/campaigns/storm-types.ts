/** The types of the abort storm's messages. */

/** Messages of this type are empty: only their number can be checked. */
export const emptyType = 5;

export const types: readonly number[] = [1, 2, 3, 4, emptyType];
