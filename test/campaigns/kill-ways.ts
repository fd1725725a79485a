/** How a victim of the kill storm takes messages, and how many it can have in hands when it dies. */

export type Way = 'receive' | 'eight at once' | 'for await' | 'receiveSync';

export const handsOf: Record<Way, number> = {
  receive: 1,
  'eight at once': 8,
  'for await': 1,
  receiveSync: 1,
};

export const ways = Object.keys(handsOf) as Way[];
