/** One channel with several senders, or several receivers. */

import { channel } from 'posix-ipc';
import { channelName } from '../core/channels';
import { making } from '../core/cleanup';
import { perSecond, rate } from '../core/figures';
import { makeFolder } from '../core/folder-meeting';
import type { Contender, Measure, Meeting } from '../core/measure';
import type { Work } from '../core/params';
import { BRIEF, type Plan } from '../core/plan';
import { REQUEST } from '../core/slots';
import type { Effort } from '../options';

const MANY = [1, 2, 4];

/** Millions of messages in a second: the goal. */
const TWO_SENDERS = 9;

const KINDS = [
  { scenario: 'gather', of: 'senders', forms: ['trySend', 'cursor'] },
  { scenario: 'share', of: 'receivers', forms: ['cursor', 'trySend'] },
] as const;

/** `program`: the scenarios in C, over the same channel as the row's. */
export function many(plan: Plan, effort: Effort, program: string): Measure[] {
  return KINDS.flatMap(({ scenario, of, forms }) =>
    (effort === 'smoke' ? MANY.slice(1, 2) : MANY).map((count): Measure => {
      const meet = (work: Work): Meeting => meetAt(work, { [of]: count });
      const subject: Contender = {
        ...{ language: 'JavaScript', driver: 'channel-many', meet },
        forms: Array.from({ length: count + 1 }, (_, i) => forms[i < count ? 0 : 1]),
      };
      return {
        name: `channel with ${String(count)} ${of}`,
        group: `One channel, 64 B, several ${of}: all of its messages in a second; C: the same channel`,
        scenario,
        work: { ...plan.work(BRIEF / 5), receivers: count },
        subject,
        baseline: { language: 'C', program, meet },
        figures: [rate(), ...(of === 'senders' && count === 2 ? [perSecond(TWO_SENDERS)] : [])],
      };
    }),
  );
}

function meetAt(
  { size }: Work,
  ends: Pick<channel.ChannelOptions, 'senders' | 'receivers'>,
): Meeting {
  const [folder, one] = making((undo) => {
    const made = makeFolder(size);
    undo(made.remove);
    const name = channelName(made.address, REQUEST);
    return [made, channel.Channel.createSync(name, ends)];
  });
  return {
    address: folder.address,
    complaint: () => (one.statSync().depth > 0 ? 'messages are left in the channel' : undefined),
    remove: () => {
      one.close();
      one.unlinkSync();
      folder.remove();
    },
  };
}
