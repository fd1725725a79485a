/** What carries messages in one direction only is needed twice. c/two-ways.h calls them the same. */
export function namesOf(address: string): { there: string; back: string } {
  return { there: `${address}.there`, back: `${address}.back` };
}
