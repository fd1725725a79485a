import type { Endpoint, Offer } from './transport';

/** The first descriptor after standard input, output and error. */
const FIRST = 3;

/** What the receiver inherits its end of: `theirs`. The address says as which descriptors. */
export function offerInheritance(
  theirs: readonly { readonly fd: number; close(): void }[],
  end: Endpoint,
): Offer {
  const closeTheirs = (): void => {
    for (const one of theirs) one.close();
  };
  return {
    address: theirs.map((_one, index) => FIRST + index).join(' '),
    inherited: theirs.map(({ fd }) => fd),
    accept() {
      closeTheirs(); // as long as we had them, we would not notice that the receiver has died
      return Promise.resolve(end);
    },
    close() {
      closeTheirs();
      end.close();
    },
  };
}
