/** What the drivers of sockets that keep the boundaries of messages have in common. */

import type { unix } from 'posix-ipc';
import type { Call, Forms, Moves, Works } from '../core/driver';
import { REPLY, REQUEST } from '../core/slots';

type Packets = unix.Datagram | unix.SeqPacket;

/** The sockets that messages of a type come from, and go to. */
export interface Ends {
  incoming: (type: number) => Packets;
  outgoing: (type: number) => Packets;
}

function dataOf(message: { data: Buffer } | null): Buffer {
  if (message === null) throw new Error('the end has come');
  return message.data;
}

export function packets(ends: Ends): Forms {
  return { ...streams(ends), call: calls(ends), flight: flights(ends), serve: serves(ends) };
}

function streams({ incoming, outgoing }: Ends): Pick<Forms, 'copies' | 'send' | 'receive'> {
  return {
    copies: true,
    send: {
      sendSync: (source) => {
        const socket = outgoing(REQUEST);
        return (count) => {
          for (let i = 0; i < count; i++) socket.sendSync(source.next());
        };
      },
      'await send': (source) => {
        const socket = outgoing(REQUEST);
        return async (count) => {
          for (let i = 0; i < count; i++) await socket.send(source.next());
        };
      },
    },
    receive: {
      receiveSync: () => {
        const socket = incoming(REQUEST);
        return (count, take) => {
          for (let i = 0; i < count; i++) take(dataOf(socket.receiveSync()));
        };
      },
      receiveIntoSync: () => {
        const socket = incoming(REQUEST);
        const memory = Buffer.alloc(65_536);
        let view = memory;
        return (count, take) => {
          for (let i = 0; i < count; i++) {
            const { length } = socket.receiveIntoSync(memory) ?? { length: 0 };
            if (view.length !== length) view = memory.subarray(0, length);
            take(view);
          }
        };
      },
      'for await': () => iterated(incoming(REQUEST)),
    },
  };
}

function iterated(socket: Packets): Moves {
  return async (count, take) => {
    let left = count;
    if (left === 0) return;
    for await (const { data } of socket) {
      take(data);
      if (--left === 0) break;
    }
  };
}

function flights({ incoming, outgoing }: Ends): NonNullable<Forms['flight']> {
  return {
    promise: () => {
      const [replies, requests] = [incoming(REPLY), outgoing(REQUEST)];
      return { send: (payload) => requests.send(payload), move: iterated(replies) };
    },
  };
}

function calls({ incoming, outgoing }: Ends): Record<string, () => Call> {
  return {
    sync: () => {
      const [replies, requests] = [incoming(REPLY), outgoing(REQUEST)];
      return {
        blocking: true,
        call: (payload) => {
          requests.sendSync(payload);
          return dataOf(replies.receiveSync());
        },
      };
    },
    promise: () => {
      const [replies, requests] = [incoming(REPLY), outgoing(REQUEST)];
      return {
        blocking: false,
        call: async (payload) => {
          await requests.send(payload);
          return dataOf(await replies.receive());
        },
      };
    },
  };
}

function serves({ incoming, outgoing }: Ends): Record<string, () => Works> {
  return {
    sync: () => {
      const [requests, replies] = [incoming(REQUEST), outgoing(REPLY)];
      return (count) => {
        for (let i = 0; i < count; i++) replies.sendSync(dataOf(requests.receiveSync()));
      };
    },
    promise: () => {
      const [requests, replies] = [incoming(REQUEST), outgoing(REPLY)];
      return async (count) => {
        for (let i = 0; i < count; i++) await replies.send(dataOf(await requests.receive()));
      };
    },
  };
}
