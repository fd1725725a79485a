/** Ends of pipes that are handed over to Node's own net.Socket. */

import { once } from 'node:events';
import { Socket } from 'node:net';

import { readAll, temporaryPipe } from '../support/pipes';

test('net.Socket goes on with ends that are handed over', async () => {
  const [there, back] = [temporaryPipe(), temporaryPipe()];
  const reading = new Socket({ fd: there.reader.detach(), readable: true, writable: false });
  const writing = new Socket({ fd: back.writer.detach(), readable: false, writable: true });
  try {
    await there.writer.write('to net');
    expect(String(await once(reading, 'data'))).toBe('to net');
    writing.end('from net');
    expect(await readAll(back.reader)).toEqual(Buffer.from('from net'));
  } finally {
    reading.destroy();
    writing.destroy();
  }
});
