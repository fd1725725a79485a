/** What the drivers have in common whose messages come by themselves, as events. */

import type { Forms, Maybe, Works } from '../core/driver';
import { Feed } from '../core/feed';
import type { Take } from '../core/payload';

/** Sends a message; a promise where it has to wait for room. */
export type Send = (data: Buffer) => Promise<unknown> | undefined;

/** Whoever has sent the last message stays until the other one says that it has it: where nothing else tells that. */
export class Farewell {
  #hasSent = false;
  #said: () => void = () => undefined;
  readonly #left = new Promise<void>((resolve) => (this.#said = resolve));

  sends(): void {
    this.#hasSent = true;
  }

  /** Something has come; answers whether it is a message. */
  comes(isGoodbye: boolean): boolean {
    if (isGoodbye) this.#said();
    else this.#hasSent = false;
    return !isGoodbye;
  }

  /** Waits for the other's goodbye, or says its own. */
  async part(say: () => Promise<unknown>): Promise<void> {
    await (this.#hasSent ? this.#left : say());
  }
}

/** Takes a message, as `Take`, and may answer it. */
export interface Listener extends Pick<Take, 'at'> {
  (data: Buffer, answer: Send): void;
}

/** Two programs that talk. */
export interface Peers {
  /** The one that is there first. */
  listen: (take: Listener) => void;
  connect: (take: Take) => Send | Promise<Send>;
  end: () => Maybe<void>;
}

/** As something that takes and may not answer: where no answer is expected, of what lies in other memory no view is made. */
export function taking(take: Listener, answer: Send): Take {
  const each: Take = (data) => {
    take(data as Buffer, answer);
  };
  if (take.at !== undefined) each.at = take.at;
  return each;
}

/** Under one name, whatever the library calls them. */
export const EVENTS = 'events';

export function events({ listen, connect, end }: Peers): Forms {
  const feed = new Feed();
  return {
    send: {
      [EVENTS]: (source) => {
        const connecting = connect(feed.put);
        return async (count) => {
          const send = await connecting;
          for (let i = 0; i < count; i++) {
            const waiting = send(source.next());
            if (waiting !== undefined) await waiting;
          }
        };
      },
    },
    receive: {
      [EVENTS]: () => {
        listen(feed.put);
        return feed.move;
      },
    },
    call: {
      [EVENTS]: () => {
        const connecting = connect(feed.put);
        let send: Send | undefined;
        return {
          blocking: false,
          call: async (payload) => {
            send ??= await connecting;
            await send(payload);
            return feed.next();
          },
        };
      },
    },
    flight: {
      [EVENTS]: async () => ({ send: await connect(feed.put), move: feed.move }),
    },
    serve: {
      [EVENTS]: () => serving(listen),
    },
    end,
  };
}

/** Answers whatever comes; who asks for so many waits until so many more are answered. */
export function serving(listen: Peers['listen']): Works {
  let [answered, wanted] = [0, 0];
  let [done, failed]: [() => void, (reason: unknown) => void] = [() => undefined, () => undefined];
  listen((data, answer) => {
    answer(data)?.catch(failed);
    if (++answered === wanted) done();
  });
  return (count) =>
    new Promise((resolve, reject) => {
      [done, failed] = [resolve, reject];
      wanted += count;
      if (answered >= wanted) resolve();
    });
}
