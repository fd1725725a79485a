/**
 * Words that two processes tell each other by, without a timeout: a wake that is lost stops them.
 *
 * POSIX_IPC_CAMPAIGN=50 makes it a million pairs of each kind.
 */

import { patience, report, scaled } from '../support/campaign';
import { temporaryFile } from '../support/files';
import { type Peer, startC, startNode } from '../support/processes';
import { soon } from '../support/wait-until';

const pairs = scaled(20_000);
const limit = patience(20);

type Side = [language: 'C' | 'Node', form: 'sync' | 'promise'];

async function start(side: Side, args: string[], variables: NodeJS.ProcessEnv): Promise<Peer> {
  const [language, form] = side;
  if (language === 'C') return startC('futex-peer', args);
  return startNode('futex-peer', [...args, form], { env: { ...process.env, ...variables } });
}

const sides: [name: string, caller: Side, echo: Side, channels: number][] = [
  ['C calls, sync echoes', ['C', 'sync'], ['Node', 'sync'], 1],
  ['sync calls, C echoes', ['Node', 'sync'], ['C', 'sync'], 1],
  ['C calls, promises echo, one word', ['C', 'sync'], ['Node', 'promise'], 1],
  ['C calls, promises echo, 20 words', ['C', 'sync'], ['Node', 'promise'], 20],
  ['promises call, C echoes, 20 words', ['Node', 'promise'], ['C', 'sync'], 20],
  ['promises call, promises echo, 200 words', ['Node', 'promise'], ['Node', 'promise'], 200],
];

const kernels: [name: string, variables: NodeJS.ProcessEnv][] = [
  ['with futex_waitv', {}],
  ['without futex_waitv', { POSIX_IPC_FUTEX_WAITV: '0' }],
];

describe.each(kernels)('%s', (_kernel, variables) => {
  test.each(sides)(
    '%s: no wake is lost',
    async (name, caller, echo, channels) => {
      const file = temporaryFile(Buffer.alloc(4096));
      const count = Math.ceil(pairs / channels);
      const args = [String(channels), String(count)];
      const begin = performance.now();
      const peers = [
        await start(echo, [file, 'echo', ...args], variables),
        await start(caller, [file, 'call', ...args], variables),
      ];
      for (const peer of peers) {
        const ended = await soon('the end of the pairs', peer.ended, limit);
        expect(ended).toMatchObject({ code: 0, stdout: 'done\n', stderr: '' });
      }
      const each = ((performance.now() - begin) * 1000) / (count * channels);
      report(`${name}: ${String(count * channels)} pairs, ${each.toFixed(1)} us each`);
    },
    limit,
  );
});
