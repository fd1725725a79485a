import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Forms } from '../../bench/core/driver';
import { allThere, arrive, hear, makeFolder, say } from '../../bench/core/folder-meeting';
import { Source } from '../../bench/core/payload';
import { gatherReceive, gatherSend, shareReceive, shareSend } from '../../bench/scenarios/many';

const folder = makeFolder(64);
const params = {
  ...{ address: folder.address, size: 64, warm: 2, count: 4, check: 2 },
  ...{ pause: 0, batch: 1, selectors: 1, receivers: 2 },
};

afterAll(() => {
  folder.remove();
});

/** Gives messages of these types, each type with its own numbers, as long as more are wanted. */
function giving(types: readonly number[], skipped = -1): Forms {
  return {
    receiveTyped: {
      any: (take, more) => {
        const sources = new Map<number, Source>();
        for (const [i, type] of types.entries()) {
          const source = sources.get(type) ?? new Source(64);
          sources.set(type, source);
          if (!more()) break;
          const data = source.next();
          if (i !== skipped) take(data, type);
        }
        return Promise.resolve();
      },
    },
  };
}

const interleaved = Array.from({ length: 16 }, (_, i) => i % 2);

describe('what several have sent', () => {
  test('comes from each in its order', async () => {
    const { values } = await gatherReceive(giving(interleaved), 'any', params);
    expect(values['ns']).toBeGreaterThan(0);
  });

  test.each([
    ['at the beginning', 1, 'got number'],
    ['in the timed part', 6, 'differ in the timed part'],
  ])('is a fault if one is missing %s', async (_, skipped, message) => {
    const forms = giving([...interleaved, 0, 1], skipped);
    await expect(gatherReceive(forms, 'any', { ...params, check: 0 })).rejects.toThrow(message);
  });

  test('is a fault if one sent for the other', async () => {
    const types = interleaved.map((type, i) => (i === 15 ? 0 : type));
    await expect(gatherReceive(giving(types), 'any', params)).rejects.toThrow('of the senders');
  });
});

test('each sender says what it used for each message of all, as the receiver does', async () => {
  const place = makeFolder(64);
  let calls = 0;
  const usage = process.resourceUsage();
  const using = jest.spyOn(process, 'resourceUsage').mockImplementation(() => ({
    ...usage,
    userCPUTime: usage.userCPUTime + 800 * calls,
    voluntaryContextSwitches: usage.voluntaryContextSwitches + 8 * calls++,
  }));
  try {
    writeFileSync(path.join(path.dirname(place.address), '0'), ''); // the other sender
    const forms: Forms = { sendTyped: { any: () => () => undefined } };
    const { values } = await gatherSend(forms, 'any', { ...params, address: place.address });
    expect(values).toMatchObject({ cpu: 100, voluntary: 1 });
  } finally {
    using.mockRestore();
    place.remove();
  }
});

describe('what several share', () => {
  test('is a fault if one is received twice', async () => {
    const forms: Forms = {
      receiveTyped: {
        any: (take) => {
          const data = new Source(64).next();
          take(data, 0);
          take(data, 0);
          take(data, 1);
          return Promise.resolve();
        },
      },
    };
    await expect(shareReceive(forms, 'any', params)).rejects.toThrow('not what was sent');
  });

  test('is counted by the sender: one that nobody has received is a fault', async () => {
    arrive(params);
    say(params, { taken: 5, sum: 15, last: 1 });
    const forms: Forms = { sendTyped: { any: () => () => undefined } };
    const one = { ...params, receivers: 1 };
    await expect(shareSend(forms, 'any', one)).rejects.toThrow('6 messages were sent, 5 received');
  });
});

test('programs wait for each other, and hear each word once', async () => {
  const place = makeFolder(4);
  try {
    arrive(place);
    expect(await allThere(place, 1)).toBe(0);
    say(place, { taken: 1 });
    const heard = new Set<string>();
    expect(await hear(place, heard)).toEqual({ taken: 1 });
    expect(heard.size).toBe(1);
  } finally {
    place.remove();
  }
});
