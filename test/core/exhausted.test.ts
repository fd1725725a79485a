/** What waits say where the kernel gives nothing to wait with. */

import { compileC } from '../support/compile';
import { isRoot, isSanitized, testIf } from '../support/machine';
import { startNode } from '../support/processes';
import { temporaryQueue } from '../support/queues';

async function outcomes(what: 'thread' | 'timer'): Promise<Record<string, unknown>[]> {
  const queue = temporaryQueue({ mode: 0o666 });
  const peer = startNode('exhausted', [what, String(queue.id)]);
  return (await peer.json()) as Record<string, unknown>[];
}

test('no timer: EAGAIN names RLIMIT_SIGPENDING, to promises and to Sync forms', async () => {
  const errors = await outcomes('timer');
  expect(errors).toHaveLength(2);
  for (const error of errors) {
    expect(error).toMatchObject({ code: 'EAGAIN', errno: -11, syscall: 'timer_create' });
    expect(error['message']).toMatch(/^EAGAIN: .*, timer_create .*ulimit -i \(RLIMIT_SIGPENDING/);
  }
});

testIf(isRoot, 'needs root, to become somebody else')(
  'no thread: EAGAIN names RLIMIT_NPROC and what else it may be',
  async () => {
    const [error, modes] = await outcomes('thread');
    expect(error).toMatchObject({ code: 'EAGAIN', errno: -11, syscall: 'pthread_create' });
    expect(error?.['message']).toMatch(/ulimit -u \(RLIMIT_NPROC.*pids\.max.*threads-max/);
    expect(modes).toEqual(Array(4).fill(0o664)); // a lock file, a FIFO and sockets need no child
  },
);

testIf(!isSanitized, 'a sanitizer wants to be preloaded itself')(
  'no more descriptors to wait for: ENOSPC names fs.epoll.max_user_watches, to promises and to Sync forms',
  async () => {
    const env = { ...process.env, LD_PRELOAD: await compileC('watches-preload') };
    const peer = startNode('no-more-watches', [], { env });
    const [promised, blocked, received] = (await peer.json()) as unknown[];
    for (const error of [promised, blocked]) {
      expect(error).toMatchObject({ code: 'ENOSPC', errno: -28, syscall: 'epoll_ctl' });
      expect(error).toHaveProperty('message', expect.stringMatching(/fs\.epoll\.max_user_watches/));
    }
    expect(received).toBe('is received all the same');
  },
);
