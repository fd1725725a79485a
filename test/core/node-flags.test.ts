/** Flags of Node under which the package has to work as ever. */

import path from 'node:path';

import { Peer } from '../support/processes';

const root = path.resolve(__dirname, '../..');

/** Bytes are copied into memory of the package and out of it, by each of the two ways that there are. */
const program = `
  const { channel, sysv } = require(${JSON.stringify(root)});
  const queue = sysv.MessageQueue.createSync('random');
  queue.sendSync('a');
  console.log(queue.receiveSync().data.toString());
  queue.removeSync();
  const one = channel.Channel.createSync();
  const [sender, receiver] = [one.sender(), one.receiver()];
  one.unlinkSync();
  sender.sendValueSync(['b', 1n, 'x'.repeat(5000)]);
  console.log(receiver.receiveValueSync().value.slice(0, 2).join());
  one.close();`;

test.each([
  '--frozen-intrinsics',
  '--disable-proto=throw',
  '--disallow-code-generation-from-strings',
  '--throw-deprecation',
])('%s', async (flag) => {
  const node = new Peer(process.execPath, [flag, '--pending-deprecation', '--eval', program]);
  expect(await node.success()).toBe('a\nb,1\n');
});
