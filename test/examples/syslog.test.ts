/** examples/syslog: its daemon and its logger, beside what others have. */

import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';

import { unix } from 'posix-ipc';

import { SystemLog } from '../../examples/syslog/system-log';
import { codeOfRejection } from '../support/outcome';
import { Peer } from '../support/processes';
import { abstractName, closing, socketPath } from '../support/sockets';

const programs = path.resolve(__dirname, '../../dist-programs/examples/syslog');

function start(program: string, ...args: string[]): Peer {
  return new Peer(process.execPath, [path.join(programs, program), ...args]);
}

async function startDaemon(socket: string): Promise<Peer> {
  const daemon = start('daemon.js', socket);
  expect(await daemon.line()).toBe('ready');
  return daemon;
}

test('a daemon prints what is logged, and by whom', async () => {
  const socket = socketPath();
  const daemon = await startDaemon(socket);
  expect(statSync(socket).mode & 0o777).toBe(0o666);
  const logger = start('logger.js', 'app', socket);
  const sender = `app[${String(logger.pid)}]`;
  for (const text of ['hello', 'two  words', '<3>no priority of its own']) {
    logger.tell(text);
    expect(await daemon.line()).toBe(`notice pid=${String(logger.pid)} ${sender}: ${text}`);
  }
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends a daemon, and its socket is gone',
  async (signal) => {
    const socket = socketPath();
    const daemon = await startDaemon(socket);
    daemon.kill(signal);
    await daemon.success();
    expect(existsSync(socket)).toBe(false);
  },
);

test('who cannot begin says why, in a line', () => {
  const nowhere = socketPath();
  const { stderr, status } = spawnSync(process.execPath, [
    path.join(programs, 'logger.js'),
    'app',
    nowhere,
  ]);
  expect(String(stderr)).toMatch(/^logger: ENOENT: .*\n$/);
  expect(status).toBe(1);
});

test('a logger finds the daemon that comes after a killed one', async () => {
  const socket = socketPath();
  const first = await startDaemon(socket);
  const logger = start('logger.js', 'app', socket);
  logger.tell('one');
  expect(await first.line()).toContain(': one');
  first.kill('SIGKILL');
  await first.ended;
  const second = await startDaemon(socket);
  logger.tell('two');
  expect(await second.line()).toContain(': two');
});

test('what is logged while there is no daemon fails; what is logged then finds the next one', async () => {
  const address = abstractName();
  const daemon = closing(unix.Datagram.createSync(address));
  using log = await SystemLog.open('app', address);
  daemon.close();
  for (let i = 0; i < 2; i++) {
    expect(await codeOfRejection(log.log('info', 'nobody hears it'))).toBe('ECONNREFUSED');
  }
  const next = closing(unix.Datagram.createSync(address));
  await Promise.all([log.log('info', 'one'), log.log('info', 'two')]);
  expect(next.tryReceive()?.data.toString()).toContain(': one');
  next.close();
  const last = closing(unix.Datagram.createSync(address));
  await Promise.all([log.log('info', 'three'), log.log('info', 'four')]);
  const texts = [last.tryReceive(), last.tryReceive()].map((message) => message?.data.toString());
  expect(texts).toEqual([expect.stringMatching(/: three$/), expect.stringMatching(/: four$/)]);
});

const inPython = `
import logging.handlers, sys
log = logging.getLogger()
log.addHandler(logging.handlers.SysLogHandler(address=sys.argv[1]))
log.error("from Python")
`;
const inC = ['-p', 'user.err', '-t', 'tag', 'from C'];

test.each([
  ['Python', 'python3', (socket: string) => ['-c', inPython, socket], 'from Python'],
  ['C', 'logger', (socket: string) => ['--socket', socket, ...inC], 'tag: from C'],
])('and it takes what %s programs log', async (_language, command, argumentsFor, text) => {
  const socket = socketPath();
  const daemon = await startDaemon(socket);
  const { pid } = spawnSync(command, argumentsFor(socket));
  expect(await daemon.line()).toBe(`err pid=${String(pid)} ${text}`);
});
