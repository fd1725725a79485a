/** Every JavaScript example of the documentation does what is said of it. */

import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import { sysv } from 'posix-ipc';

import { blocksOf, compileProgram, consumerFolder, startModule, writeModule } from './blocks';
import { Peer } from '../support/processes';
import { randomKey } from '../support/random-key';
import { waitUntil } from '../support/wait-until';

const blocks = blocksOf('js');

let folder = '';
let key = 0;
let tag = '';

beforeEach(() => {
  folder = consumerFolder();
  key = randomKey();
  tag = `-${String(key)}`;
});

afterEach(() => {
  for (const name of readdirSync('/dev/shm'))
    if (name.endsWith(tag)) rmSync(path.join('/dev/shm', name));
  for (const kind of [sysv.MessageQueue, sysv.SemaphoreSet, sysv.SharedMemory]) {
    try {
      const made = kind.openSync(key);
      made.removeSync();
      made.close();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
});

/** A block, with names, paths and a key of this test's own. */
function block(name: string): string {
  const code = blocks.get(name);
  if (code === undefined) throw new Error(`there is no block ${name}`);
  return code
    .replaceAll('0x4d2', String(key))
    .replaceAll(/'\/(?:[a-z0-9]+\/)+([a-z.-]+)'/g, (_whole, last: string) => {
      return `'${path.join(folder, last)}'`;
    })
    .replaceAll(/'(\/[a-z-]+)'/g, (_whole, slashed: string) => `'${slashed}${tag}'`);
}

function importing(...names: string[]): string {
  return `import { ${names.join(', ')} } from 'posix-ipc';\n`;
}

/** The lines of a program that do not hold a text: those of the other process. */
function without(text: string, code: string): string {
  return code.replaceAll(/^.*$/gm, (line) => (line.includes(text) ? '' : line));
}

/** Runs it to its end, and answers what it prints. */
function outputOf(code: string): Promise<string> {
  return startModule(folder, code).success();
}

const print = (expression: string): string => `console.log(${expression});\n`;

describe('README.md', () => {
  test('a queue shared with C', async () => {
    const queue = sysv.MessageQueue.createSync(key);
    queue.close();
    const code = String(blocksOf('c').get('README.md 1')).replaceAll('0x4d2', String(key));
    const answer = new Peer(await compileProgram(folder, code), []);
    expect(await outputOf(block('README.md 1'))).toBe('2 42 degrees\n');
    await answer.success();
  });

  test('system calls', async () => {
    expect(await outputOf(block('README.md 2'))).toBe('1n hello\n');
  });
});

describe('locks', () => {
  const nothing = 'const repair = () => { throw new Error("nobody has died"); };\n';

  test('barrier', async () => {
    const code = `const parts = [1, 2], done = [], work = (part) => done.push(part);\n${block('docs/barrier.md 1')}${print('done.length')}`;
    const all = [1, 2, 3].map(() => outputOf(code));
    expect(await Promise.all(all)).toEqual(['2\n', '2\n', '2\n']);
  });

  const queue =
    'const queue = [1], isEmpty = () => queue.length === 0, take = () => queue.shift(), put = () => queue.push(2);\n';

  test('condition', async () => {
    const code = `${nothing}${queue}${block('docs/condition.md 1')}${print('queue')}`;
    expect(await outputOf(code)).toBe('[ 2 ]\n');
  });

  test('condition, the loop', async () => {
    const before = `${importing('lock')}using mutex = lock.Mutex.openOrCreateSync('/m${tag}');
      using filled = lock.Condition.openOrCreateSync('/c${tag}'); using guard = mutex.lockSync();\n`;
    const code = `${before}${nothing}${queue}${block('docs/condition.md 2')}${print('queue')}`;
    expect(await outputOf(code)).toBe('[ 1 ]\n');
  });

  test('event', async () => {
    const code = block('docs/event.md 1');
    expect(await outputOf(without('.wait(', code))).toBe('');
    expect(await outputOf(without('.set(', code) + print('ready.isSet'))).toBe('true\n');
  });

  test('mutex', async () => {
    const before = `${nothing}let ledger = 0; const change = () => ledger++;\n`;
    expect(await outputOf(before + block('docs/mutex.md 1') + print('ledger'))).toBe('1\n');
  });

  test('mutex that is locked again', async () => {
    const before = `${importing('lock')}const written = [], write = (entry) => written.push(entry);\n`;
    const code = before + block('docs/mutex.md 2') + print('written.join()');
    expect(await outputOf(code)).toBe('debit,credit\n');
  });

  test('once', async () => {
    const before =
      'const prepare = () => console.log("prepared"), removeWhatIsHalf = () => console.log("died");\n';
    const code = before + block('docs/once.md 1');
    expect(await outputOf(code)).toBe('prepared\n');
    expect(await outputOf(code)).toBe('');
  });

  test('readers and writers', async () => {
    const before = `${nothing}let prices = 0; const show = () => console.log(prices), change = () => prices++;\n`;
    expect(await outputOf(before + block('docs/rwlock.md 1') + print('prices'))).toBe('0\n1\n');
  });
});

describe('file locks', () => {
  test('a lock', async () => {
    const before = 'const writeOrders = async () => console.log("written");\n';
    expect(await outputOf(before + block('docs/file-locks.md 1'))).toBe('written\n');
  });

  test('one that is lost', async () => {
    expect(await outputOf(block('docs/file-locks.md 2'))).toBe(
      'posix: another process is kept out, then gets in\n' +
        'ofd: another process is kept out, then is kept out\n',
    );
  });

  test('a file that is removed', async () => {
    const before = `${importing('lock')}const path = 'orders.lock'; async function lockIt() {\n`;
    const after = `}\nconst locked = await lockIt();\n${print('locked.isCurrent()')}`;
    expect(await outputOf(before + block('docs/file-locks.md 3') + after)).toBe('true\n');
  });

  test('a pid file', async () => {
    const code = importing('lock') + block('docs/file-locks.md 4') + print('pid === process.pid');
    expect(await outputOf(code)).toBe('true\n');
  });
});

describe('events', () => {
  test('eventfd', async () => {
    const [parent = '', child = ''] = block('docs/eventfd.md 1').split('// child.js\n');
    writeModule(folder, 'child.mjs', importing('event') + child);
    expect(await outputOf(parent.replace('child.js', 'child.mjs'))).toBe('1n\n');
  });

  test('futex', async () => {
    writeFileSync(path.join(folder, 'state'), Buffer.alloc(4096));
    const code = block('docs/futex.md 1');
    const waits = without('wake(', without('Atomics', code)) + print('words[16]');
    const waiter = startModule(folder, waits);
    await outputOf(without('await word.wait', code));
    expect(await waiter.success()).toBe('1\n');
  });

  const sleeper = `import { spawn } from 'node:child_process';\nconst child = spawn('sleep', ['0']), { pid } = child;\n`;

  test('the end of a process', async () => {
    expect(await outputOf(sleeper + block('docs/processes-and-signals.md 1'))).toBe('');
  });

  test('a process', async () => {
    const exited = `import { once } from 'node:events';\nconst exited = once(child, 'exit');\n`;
    const daemon = block('docs/processes-and-signals.md 2');
    const killed = daemon.replace('daemon.kill', 'await exited;\ndaemon.kill'); // no zombie any more
    const code = importing('event') + sleeper + exited + killed;
    const { code: exitCode, stderr } = await startModule(folder, code).ended;
    expect(stderr).toContain("code: 'ESRCH'"); // of kill, as is said there
    expect(exitCode).toBe(1);
  });

  test('signals', async () => {
    const code = block('docs/processes-and-signals.md 3');
    const [receives = '', sends = ''] = code.split('// in another process\n');
    const open = receives.replace('\nfor', '\nconsole.log(process.pid);\nfor');
    const receiver = startModule(folder, importing('event') + open);
    const pid = await receiver.line();
    const sender = startModule(folder, `${importing('event')}const pid = ${pid};\n${sends}`);
    await sender.success();
    expect(await receiver.line()).toBe(`${String(sender.pid)} 42`);
  });
});

describe('streams and sockets', () => {
  test('pipe', async () => {
    writeFileSync(path.join(folder, 'services'), 'ssh\nftp\n');
    expect(await outputOf(block('docs/pipes-and-fifos.md 1'))).toBe('ftp\nssh\n');
  });

  test('FIFO', async () => {
    const code = block('docs/pipes-and-fifos.md 2');
    const reader = startModule(folder, importing('stream') + code);
    const fifo = path.join(folder, 'orders');
    await waitUntil('the FIFO is there', () => existsSync(fifo));
    appendFileSync(fifo, 'hello\n');
    expect(await reader.line()).toBe('hello');
  });

  test('Unix socket', async () => {
    const [serves = '', connects = ''] = block('docs/unix-sockets.md 1').split('// Another one\n');
    const server = startModule(folder, serves.replace('\nfor', '\nconsole.log("there");\nfor'));
    expect(await server.line()).toBe('there');
    await outputOf(`${importing('unix')}${/^const socket.*$/m.exec(connects)?.[0] ?? ''}`); // and leaves
    const printed = print('String(data), file.size');
    const client = importing('unix', 'memory') + connects + printed;
    expect(await outputOf(client)).toBe('here is frame 7 1048576\n');
  });
});

describe('channels', () => {
  test.each([
    ['docs/broadcast.md 1', '1 100.25 0'],
    ['docs/channel.md 1', '1 100.25'],
    ['docs/packed.md 1', 'copper 100.25'],
  ])('%s', async (name, line) => {
    expect(await startModule(folder, block(name)).line()).toBe(line); // it waits for more
  });

  test('unbounded', async () => {
    const code = importing('channel') + block('docs/channel.md 2') + print('log.capacity');
    expect(await outputOf(code)).toBe(`${String(2 ** 28)}\n`);
  });

  test('requests', async () => {
    const code = block('docs/direct.md 1');
    const answers = startModule(folder, without('.close(', without('.request(', code)));
    const asks = without('.onRequest(', code) + print('String(reply)');
    expect(await outputOf(asks)).toBe(`${String(/<Buffer '(.*)'>/.exec(code)?.[1])}\n`);
    await answers.success();
  });
});

describe('queues, semaphores and memory', () => {
  test('POSIX message queue', async () => {
    const code = block('docs/posix-message-queues.md 1') + print('priority, String(data)');
    const after = `posix.MessageQueue.unlinkSync('/jobs${tag}');\n`; // /dev/mqueue may not be mounted
    expect(await outputOf(code + after)).toBe('2 hello\n');
  });

  test('POSIX semaphore', async () => {
    const before = 'const writeTheFile = () => console.log("written");\n';
    const code = before + block('docs/posix-semaphores.md 1') + print('jobs.value');
    expect(await outputOf(code)).toBe('written\n2\n');
  });

  test('POSIX shared memory', async () => {
    const code = block('docs/posix-shared-memory.md 1') + print(`shm.bytes.toString('utf8', 0, 5)`);
    expect(await outputOf(code)).toBe('hello\n');
  });

  test('System V message queue', async () => {
    const code = block('docs/system-v-message-queues.md 1') + print('type, String(data)');
    expect(await outputOf(code)).toBe('2 hello\n');
  });

  test('System V semaphores', async () => {
    const work = 'const work = () => console.log("worked");\n';
    const first = block('docs/system-v-semaphores.md 1');
    const code = first + work + block('docs/system-v-semaphores.md 2');
    expect(await outputOf(code)).toBe('worked\n');
  });

  test('System V shared memory', async () => {
    const code = block('docs/system-v-shared-memory.md 1') + print('mapping.view(Int32Array)[0]');
    expect(await outputOf(code)).toBe('1\n');
  });

  test('a mapped file', async () => {
    const file = path.join(folder, 'data.bin');
    writeFileSync(file, Buffer.alloc(64));
    expect(await outputOf(block('docs/memory.md 1'))).toBe('');
    expect(readFileSync(file).readUInt32LE(8)).toBe(1);
  });
});

test('there is no other example', () => {
  const tests = readFileSync(__filename, 'utf8');
  expect([...blocks.keys()].filter((name) => !tests.includes(`'${name}'`))).toEqual([]);
});
