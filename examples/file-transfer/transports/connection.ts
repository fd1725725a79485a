import type { Endpoint, Offer } from './transport';

interface Server<Socket> {
  accept(limits: { signal: AbortSignal }): Promise<Socket>;
  close(): void;
}

/** A server that listens for one receiver. */
export function offerConnection<Socket>(
  address: string,
  server: Server<Socket>,
  endOf: (socket: Socket) => Endpoint,
): Offer {
  return {
    address,
    inherited: [],
    async accept(signal) {
      return endOf(await server.accept({ signal }));
    },
    close() {
      server.close();
    },
  };
}
