/** posix-ipc: a channel for each type of message. */

import { channel } from 'posix-ipc';
import { channelName, unboundedName } from '../core/channels';
import type { Call, Driver, Flight, Forms, Moves, Repeats, Works } from '../core/driver';
import type { Source } from '../core/payload';
import { REPLY, REQUEST } from '../core/slots';

const BATCH = 1024;

class Ends {
  readonly #address: string;
  readonly #channels: channel.Channel[] = [];

  constructor(address: string) {
    this.#address = address;
  }

  sender(type: number, waiting: channel.Waiting = 'adaptive'): channel.Sender {
    return this.#open(channelName(this.#address, type), waiting).sender();
  }

  receiver(type: number, waiting: channel.Waiting = 'adaptive'): channel.Receiver {
    return this.#open(channelName(this.#address, type), waiting).receiver();
  }

  unboundedSender(): channel.Sender {
    return this.#open(unboundedName(this.#address), 'adaptive').sender();
  }

  unboundedReceiver(): channel.Receiver {
    return this.#open(unboundedName(this.#address), 'adaptive').receiver();
  }

  close(): void {
    for (const one of this.#channels) one.close();
  }

  #open(name: string, waiting: channel.Waiting): channel.Channel {
    const one = channel.Channel.openSync(name, { waiting });
    this.#channels.push(one);
    return one;
  }
}

export const open: Driver['open'] = (address) => {
  const ends = new Ends(address);
  return {
    copies: true,
    send: sends(ends),
    receive: receives(ends),
    ...roundTrips(ends),
    pending: pending(ends),
    repeat: repeats(),
    end: () => {
      ends.close();
    },
  };
};

function sends(ends: Ends): NonNullable<Forms['send']> {
  return {
    trySend: (source) => tries(source, ends.sender(REQUEST)),
    'trySend, unbounded': (source) => tries(source, ends.unboundedSender()),
    'await send': (source) => {
      const sender = ends.sender(REQUEST);
      return async (count) => {
        for (let i = 0; i < count; i++) await sender.send(source.next());
      };
    },
    claim: (source) => {
      const sender = ends.sender(REQUEST);
      return (count) => {
        for (let i = 0; i < count; i++) {
          const payload = source.next();
          sender.claimSync(payload.length).set(payload);
          sender.commit();
        }
      };
    },
  };
}

function tries(source: Source, sender: channel.Sender): Works {
  return (count) => {
    for (let i = 0; i < count; i++) {
      const payload = source.next();
      if (!sender.trySend(payload)) sender.sendSync(payload);
    }
  };
}

function receives(ends: Ends): NonNullable<Forms['receive']> {
  const into = (): Moves => {
    const receiver = ends.receiver(REQUEST);
    const slot = new Slot();
    return (count, take) => {
      for (let i = 0; i < count; i++) {
        const { memory } = slot;
        take(slot.sized(receiver.tryReceiveInto(memory) ?? receiver.receiveIntoSync(memory)));
      }
    };
  };
  return {
    tryReceiveInto: into,
    cursor: () => cursor(ends.receiver(REQUEST)),
    'cursor, unbounded': () => cursor(ends.unboundedReceiver()),
    'for await': () => {
      const receiver = ends.receiver(REQUEST);
      return async (count, take) => {
        let left = count;
        if (left === 0) return;
        for await (const { data } of receiver) {
          take(data);
          if (--left === 0) break;
        }
      };
    },
    'for await, batches': () => batches(ends.receiver(REQUEST)),
  };
}

/** The first of those that are there is awaited. */
function cursor(receiver: channel.Receiver): Moves {
  return async (count, take) => {
    const each = (message: channel.Cursor): void => {
      if (take.at === undefined) take(message.view());
      else take.at(message.ring, message.offset, message.length);
    };
    for (let left = count; left > 0;) {
      const first = await receiver.borrow();
      take(first.data);
      first.release();
      left--;
      if (left > 0) left -= receiver.forEach(each, { limit: left });
    }
  };
}

function batches(receiver: channel.Receiver): Moves {
  return async (count, take) => {
    let left = count;
    if (left >= BATCH) {
      for await (const batch of receiver.batches({ limit: BATCH })) {
        for (const { data } of batch) take(data);
        left -= batch.length;
        if (left < BATCH) break;
      }
    }
    for (; left > 0; left--) take((await receiver.receive()).data);
  };
}

/** Memory that messages are received into: it becomes as long as the first one. */
class Slot {
  memory = Buffer.from(new ArrayBuffer(1 << 21));

  sized({ length }: channel.MessageInto): Buffer {
    if (length !== this.memory.length) this.memory = this.memory.subarray(0, length);
    return this.memory;
  }
}

type Both = Required<Pick<Forms, 'call' | 'serve' | 'flight'>>;

function roundTrips(ends: Ends): Both {
  const forms: Both = {
    call: {},
    serve: { cursor: () => serveEach(ends) },
    flight: { cursor: () => flight(ends) },
  };
  for (const waiting of ['spin', 'adaptive', 'block'] as const) {
    forms.call[`${waiting}, sync`] = () => callSync(ends, waiting);
    forms.call[`${waiting}, promise`] = () => callLater(ends, waiting);
    forms.serve[`${waiting}, sync`] = () => serveSync(ends, waiting);
    forms.serve[`${waiting}, promise`] = () => serveLater(ends, waiting);
  }
  return forms;
}

/** What a tick sends is published together, and what is there is taken together. */
function flight(ends: Ends): Flight {
  const [requests, replies] = [ends.sender(REQUEST), ends.receiver(REPLY)];
  return {
    send: (payload) => (requests.trySend(payload) ? undefined : requests.send(payload)),
    move: cursor(replies),
  };
}

function serveEach(ends: Ends): Works {
  const [replies, move] = [ends.sender(REPLY), cursor(ends.receiver(REQUEST))];
  const answer = (data: Uint8Array): void => {
    if (!replies.trySend(data)) replies.sendSync(data);
  };
  return (count) => move(count, answer);
}

function callSync(ends: Ends, waiting: channel.Waiting): Call {
  const [requests, replies] = [ends.sender(REQUEST, waiting), ends.receiver(REPLY, waiting)];
  const reply = new Slot();
  return {
    blocking: true,
    call: (payload) => {
      requests.sendSync(payload);
      return reply.sized(replies.receiveIntoSync(reply.memory));
    },
  };
}

function callLater(ends: Ends, waiting: channel.Waiting): Call {
  const [requests, replies] = [ends.sender(REQUEST, waiting), ends.receiver(REPLY, waiting)];
  const reply = new Slot();
  return {
    blocking: false,
    call: async (payload) => {
      await requests.send(payload);
      return reply.sized(await replies.receiveInto(reply.memory));
    },
  };
}

function serveSync(ends: Ends, waiting: channel.Waiting): Works {
  const [requests, replies] = [ends.receiver(REQUEST, waiting), ends.sender(REPLY, waiting)];
  const request = new Slot();
  return (count) => {
    for (let i = 0; i < count; i++) {
      replies.sendSync(request.sized(requests.receiveIntoSync(request.memory)));
    }
  };
}

function serveLater(ends: Ends, waiting: channel.Waiting): Works {
  const [requests, replies] = [ends.receiver(REQUEST, waiting), ends.sender(REPLY, waiting)];
  const request = new Slot();
  return async (count) => {
    for (let i = 0; i < count; i++) {
      await replies.send(request.sized(await requests.receiveInto(request.memory)));
    }
  };
}

/** A channel for each selector, both ends here. */
function pending(ends: Ends): NonNullable<Forms['pending']> {
  return {
    receive: () => {
      const senders = new Map<number, channel.Sender>();
      const receivers = new Map<number, channel.Receiver>();
      return {
        receive: async (type) => {
          const receiver = receivers.get(type) ?? ends.receiver(type);
          receivers.set(type, receiver);
          return (await receiver.receive()).data;
        },
        send: (payload, type) => {
          const sender = senders.get(type) ?? ends.sender(type);
          senders.set(type, sender);
          sender.sendSync(payload);
        },
      };
    },
  };
}

/** One process: a message is claimed, sent, borrowed and received; nothing is written into it. */
function repeats(): Record<string, Repeats> {
  const unfilled =
    (length: number): Repeats =>
    () => {
      const one = channel.Channel.createSync(undefined, { capacity: 1 << 24 });
      one.unlinkSync();
      const [sender, receiver] = [one.sender(), one.receiver()];
      return (count) => {
        for (let i = 0; i < count; i++) {
          const claimed = sender.claimSync(length);
          sender.commit();
          const borrowed = receiver.borrowSync();
          if (borrowed.data.length !== claimed.length) throw new Error('another message');
          borrowed.release();
        }
      };
    };
  return Object.fromEntries(
    [64, 4096, 1 << 16, 1 << 20, 1 << 22].map((size) => [String(size), unfilled(size)]),
  );
}
