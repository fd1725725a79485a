/** Every C example of the documentation is C, and does what is said of it. */

import { makeBroadcast } from '../support/broadcasts';
import { makeChannel } from '../support/channels';
import { Peer } from '../support/processes';
import { blocksOf, compileProgram, consumerFolder } from './blocks';

const blocks = blocksOf('c');

/** What stands around it in the reader's program: before it, and behind. */
const frames: Record<string, [before: string, after?: string]> = {
  'docs/barrier.md 1': [
    `static void start_again(void) {}
    int meet(struct posix_ipc_barrier* barrier, size_t bytes) {`,
    'return state; }',
  ],
  'docs/broadcast.md 1': [
    `#include <stdio.h>
    static void use(uint32_t type, const void* data, uint32_t length, uint64_t lost) {
      printf("%u %.*s %d\\n", type, (int)length, (const char*)data, (int)lost);
      fflush(stdout);
    }
    int main(void) {`,
    'return error; }',
  ],
  'docs/channel.md 1': [
    `#include <stdio.h>
    static void use(uint32_t type, const void* data, uint32_t length) {
      printf("%u %.*s\\n", type, (int)length, (const char*)data);
      fflush(stdout);
    }
    int main(void) {`,
    'return error; }',
  ],
  'docs/condition.md 1': [
    `static int queue = 1;
    static int is_empty(int number) { return number == 0; }
    static void repair(int number) { (void)number; }
    static void take(int number) { (void)number; }
    int consume(struct posix_ipc_mutex* mutex, struct posix_ipc_condition* filled) {`,
    'return 0; }',
  ],
  'docs/event.md 1': ['int meet(struct posix_ipc_event* ready) {', 'return 0; }'],
  'docs/mutex.md 1': [
    `static int ledger;
    static void repair(int number) { (void)number; }
    static void change(int number) { (void)number; }
    int book(struct posix_ipc_mutex* mutex) {`,
    'return 0; }',
  ],
  'docs/once.md 1': [
    `static void prepare(int has_died) { (void)has_died; }
    int begin(struct posix_ipc_once* once) {`,
    'return state; }',
  ],
  'docs/posix-message-queues.md 1': [
    '#include <mqueue.h>\nssize_t receive(void) {',
    'return length; }',
  ],
  'docs/posix-semaphores.md 1': ['#include <semaphore.h>\nvoid take(void) {'],
  'docs/rwlock.md 1': [
    `static int prices;
    static void repair(int number) { (void)number; }
    static void show(int number) { (void)number; }
    int look(struct posix_ipc_rwlock* lock) {`,
    'return 0; }',
  ],
  'docs/system-v-message-queues.md 1': [
    '#include <sys/msg.h>\nssize_t receive(void) {',
    'return length; }',
  ],
  'docs/system-v-semaphores.md 1': ['#include <sys/sem.h>\nvoid acquire(void) {'],
  'docs/system-v-shared-memory.md 1': [
    '#include <sys/shm.h>\nint* attach(void) {',
    'return counters; }',
  ],
  'README.md 1': ['', ''], // a whole program, that javascript.test.ts runs
};

/** The program of a block; a part of one is a function, of which it is enough that it compiles. */
function program(name: string, edit = (code: string): string => code): string {
  const code = edit(blocks.get(name) ?? '');
  const [before, after = '}'] = frames[name] ?? [''];
  const includes = code.match(/^#include.*$/gm) ?? [];
  const rest = code.replaceAll(/^#include.*$/gm, '');
  const whole = `#include <stddef.h>\n${includes.join('\n')}\n${before}\n${rest}\n${after}\n`;
  if (/\bint main\(/.test(whole)) return whole;
  return `${whole}int main(void) { return 0; }\n`;
}

test.each([...blocks.keys()])('%s compiles', async (name) => {
  expect(Object.keys(frames)).toContain(name);
  await expect(compileProgram(consumerFolder(), program(name))).resolves.toBeDefined();
});

/** A program of a block that opens what has this name. */
function opening(name: string, shared: string): Promise<string> {
  const code = program(name, (text) => text.replaceAll('"/prices"', `"${shared}"`));
  return compileProgram(consumerFolder(), code);
}

test('docs/channel.md 1 receives what Node sends', async () => {
  const one = makeChannel();
  const receiver = await opening('docs/channel.md 1', one.name);
  const sender = one.sender();
  sender.sendSync('100.25', { type: 1 });
  sender.flush();
  expect(await new Peer(receiver, []).line()).toBe('1 100.25');
});

test('docs/broadcast.md 1 receives what Node publishes', async () => {
  const one = makeBroadcast();
  const receiver = await opening('docs/broadcast.md 1', one.name);
  const publisher = one.publisher();
  publisher.publishSync('100.25', { type: 1 });
  publisher.flush();
  expect(await new Peer(receiver, []).line()).toBe('1 100.25 0');
});
