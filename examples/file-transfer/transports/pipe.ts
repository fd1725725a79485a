/** Two pipes, one for each direction: pipe(2). The receiver inherits its ends of them. */
import { stream } from 'posix-ipc';
import { offerInheritance } from './inheritance';
import { PIPE_CAPACITY, endOfPipes } from './pipes';
import type { Transport } from './transport';

export const pipe: Transport = {
  id: 'pipe',
  name: 'Pipe',
  peers: ['node', 'c'],

  async create() {
    const there = await stream.pipe({ capacity: PIPE_CAPACITY });
    const back = await stream.pipe();
    return offerInheritance([there.reader, back.writer], endOfPipes(back.reader, there.writer));
  },

  async open(address) {
    const [reader, writer] = address.split(' ').map(Number);
    return endOfPipes(
      await stream.PipeReader.fromFd(reader ?? -1),
      await stream.PipeWriter.fromFd(writer ?? -1),
    );
  },

  // A pipe has no name, and goes with its ends.
  remove: () => Promise.resolve(),
};
