import type { Forms } from '../../bench/core/driver';
import { Feed } from '../../bench/core/feed';
import { inFlightCall, scheduleCall } from '../../bench/scenarios/flight';

/** Milliseconds. */
const [STALL, SLOWLY] = [60, 5];

/** A server that answers at once, but for a while, from the reply of one number on, not at all. */
class Server {
  readonly feed = new Feed();
  /** Most requests that were unanswered at a time. */
  most = 0;
  /** Requests that it has kept while it did not answer. */
  kept = 0;
  #under = 0;
  #seen = 0;
  #stalled = false;
  #waiting: Buffer[] = [];

  constructor(
    private readonly stallAt: number,
    private readonly delay = 0,
  ) {}

  readonly forms: Forms = {
    flight: {
      any: () => ({
        send: (payload) => {
          this.#send(Buffer.from(payload));
          return undefined;
        },
        move: this.feed.move,
      }),
    },
  };

  #send(request: Buffer): void {
    this.most = Math.max(this.most, ++this.#under);
    if (this.#seen++ === this.stallAt) this.#stall();
    const answer = (): void => {
      this.#answer(request);
    };
    if (this.#stalled) this.#keep(request);
    else if (this.delay > 0) setTimeout(answer, this.delay);
    else setImmediate(answer);
  }

  #keep(request: Buffer): void {
    this.kept++;
    this.#waiting.push(request);
  }

  #stall(): void {
    this.#stalled = true;
    setTimeout(() => {
      this.#stalled = false;
      for (const request of this.#waiting.splice(0)) this.#answer(request);
    }, STALL);
  }

  #answer(request: Buffer): void {
    this.#under--;
    this.feed.put(request);
  }
}

const params = {
  ...{ address: '', size: 64, warm: 20, count: 400, check: 20 },
  ...{ pause: 0, batch: 1, selectors: 1 },
};
/** In the midst of the timed requests. */
const LATER = 120;

/** Milliseconds, of those that took at least so long. */
function slow({ latencies }: { latencies: Record<string, number[]> }, least: number): number[] {
  return (latencies['request'] ?? []).map((ns) => ns / 1e6).filter((ms) => ms >= least);
}

test.each([1, 8])('%i in flight are never more, and each is answered', async (window) => {
  const server = new Server(Infinity);
  const result = await inFlightCall(server.forms, 'any', { ...params, window });
  expect(server.most).toBe(window);
  expect(result.latencies['request']).toHaveLength(params.count);
  expect(result.values).toMatchObject({ rate: 0, ns: expect.any(Number) as number });
});

test('a stall shows in every request of a schedule that was due meanwhile', async () => {
  const rate = 2000;
  const server = new Server(LATER);
  const result = await scheduleCall(server.forms, 'any', { ...params, rate, window: 8 });
  expect(server.most).toBe(8);
  expect(result.values['rate']).toBe(rate);
  // Of those due in the first 40 ms of it, each waited for the rest; a closed loop would count 8.
  expect(slow(result, 20).length).toBeGreaterThanOrEqual(0.9 * rate * 0.04);
  expect(Math.max(...slow(result, 20))).toBeGreaterThanOrEqual(STALL - 1);
});

test('the same stall in a closed loop shows in those that were in flight, and no others', async () => {
  const server = new Server(LATER);
  const result = await inFlightCall(server.forms, 'any', { ...params, window: 2 });
  expect(server.kept).toBe(2);
  expect(slow(result, STALL - 1).length).toBeGreaterThanOrEqual(1); // the other one was sent a little later
});

test('without a rate it is half of what was answered one after the other', async () => {
  const server = new Server(Infinity, SLOWLY);
  const { values } = await scheduleCall(server.forms, 'any', {
    ...{ ...params, warm: 20, count: 20 },
    window: 8,
  });
  const { rate = 0, ns = 0 } = values;
  expect(rate).toBeGreaterThan(0);
  // A timer is early by a millisecond at most, so one after the other cannot have been quicker than this.
  expect(rate).toBeLessThanOrEqual((0.5 * 1000) / (SLOWLY - 1));
  // As many in a second as the schedule has, or fewer where it could not keep to it.
  expect(1e9 / ns).toBeLessThanOrEqual(1.1 * rate);
});

test('an answer out of order is a fault', async () => {
  const feed = new Feed();
  const kept: Buffer[] = [];
  const forms: Forms = {
    flight: {
      any: () => ({
        send: (payload) => {
          kept.push(Buffer.from(payload));
          if (kept.length === 2) for (const one of kept.splice(0).reverse()) feed.put(one);
          return undefined;
        },
        move: feed.move,
      }),
    },
  };
  await expect(inFlightCall(forms, 'any', { ...params, window: 2 })).rejects.toThrow(
    'message 0: got number 1',
  );
});
