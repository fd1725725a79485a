/** Where there is no /proc, as in some jails: what can be done without it is done, and nothing fails for lack of a hint. */

import { isSanitized, testIf } from '../support/machine';
import { mayUnshare, startWithoutProc } from '../support/own-namespace';

const size = 80 << 20;

testIf(mayUnshare && !isSanitized, 'unshare is not allowed, or a sanitizer needs /proc')(
  'memory is made, and grows; a queue has no name to tell; nothing is cut off that may be mapped',
  async () => {
    const peer = startWithoutProc('without-proc', []);
    const refused = expect.stringMatching(/^EBUSY \(\/proc\/self\/maps cannot be read/) as string;
    expect(await peer.json()).toEqual({
      shared: [2 * size, 2 * size, refused],
      memfd: [size, refused],
      queue: 'hello',
      pipe: expect.stringMatching(/^EPERM \(.*fs.pipe-max-size, unknown bytes/) as string,
    });
    await peer.success();
  },
);
