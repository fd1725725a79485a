/** Whatever JavaScript passes to anything that is exported: a typed error or an answer, never a crash. */

import { testIf } from './support/machine';
import { mayUnshare, startApart } from './support/own-namespace';

const patience = 400_000;

interface Report {
  count: number;
  called: number;
  untyped: string[];
  unknown: string[];
}

jest.setTimeout(patience + 60_000);

testIf(mayUnshare, 'unshare is not allowed')(
  'all that is exported takes or refuses odd values, with a code',
  async () => {
    const peer = startApart('odd-exports', '256m');
    const alarm = setTimeout(() => {
      peer.kill('SIGKILL'); // the last line that it wrote is the call that never came back
    }, patience);
    const { code, signal, stdout, stderr } = await peer.ended;
    clearTimeout(alarm);
    const last = stderr.trim().split('\n').slice(-5).join('\n');
    expect({ code, signal, last }).toMatchObject({ code: 0, signal: null });
    const { count, called, untyped, unknown } = JSON.parse(stdout) as Report;
    expect({ untyped, unknown }).toEqual({ untyped: [], unknown: [] });
    expect(called).toBeGreaterThan(150);
    expect(count).toBeGreaterThan(20_000);
  },
);
