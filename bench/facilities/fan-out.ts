/** From one to many: each receiver gets each message. */

import { closeSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { channel } from 'posix-ipc';
import { AF_UNIX, SOCK_CLOEXEC, SOCK_STREAM, socketpair } from 'posix-ipc/syscalls';
import { channelName } from '../core/channels';
import { ratesOf } from '../core/figures';
import type { Contender, Measure, Meeting } from '../core/measure';
import type { Work } from '../core/params';
import type { Plan } from '../core/plan';
import { REQUEST } from '../core/slots';
import { EVENTS } from '../drivers/events';

const MANY = [1, 2, 4];

/** What a message takes in a broadcast beside its bytes, at most. */
const OVERHEAD = 64;

const ways: Record<string, Contender> = {
  'channel.Broadcast': way('fan-broadcast'),
  'net, Unix sockets': way('fan-net'),
  'child_process, advanced': { ...way('fan-child-process'), starts: 'processes' },
};

function way(driver: string): Extract<Contender, { language: 'JavaScript' }> {
  return { language: 'JavaScript', driver, forms: [EVENTS, EVENTS], meet };
}

export function fanOut(plan: Plan): Measure[] {
  return MANY.flatMap((receivers) =>
    Object.entries(ways).map(([name, subject]): Measure => ({
      name: `64 B to ${String(receivers)}, ${name}`,
      group: `Transports: from one to ${String(receivers)}, 64 B`,
      scenario: 'fan-out',
      work: { ...plan.work(100_000), receivers },
      subject,
      figures: ratesOf(receivers),
    })),
  );
}

/** A folder in which the receivers say that they are there, a broadcast for all of the run, a pair of sockets each. */
function meet({ size, warm, count, check, receivers = 1 }: Work): Meeting {
  const folder = mkdtempSync(path.join(tmpdir(), 'posix-ipc-bench-'));
  const address = `${folder}/${path.basename(folder)}:${String(size)}`;
  const least = (warm + count + check) * (size + OVERHEAD);
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(least, 1024)));
  const broadcast = channel.Broadcast.createSync(channelName(address, REQUEST), { capacity });
  const pairs = Array.from({ length: receivers }, () =>
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC),
  );
  return {
    address,
    descriptors: [pairs.map(([mine]) => mine), ...pairs.map(([, theirs]) => [theirs])],
    complaint: () => undefined,
    remove: () => {
      broadcast.close();
      broadcast.unlinkSync();
      for (const fd of pairs.flat()) closeSync(fd);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
