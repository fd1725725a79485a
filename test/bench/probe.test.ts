import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { proberOf } from '../../bench/core/probe';

const mockUndoings = new Set<() => void>();

jest.mock('../../bench/core/cleanup', () => ({
  undoLater: (undo: () => void) => {
    mockUndoings.add(undo);
    return () => mockUndoings.delete(undo);
  },
}));

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'posix-ipc-test-probe-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function program(text: string): string {
  const file = path.join(folder, 'probe');
  writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return file;
}

test('a probe says how far the CPUs are, and nothing is left to be undone', async () => {
  expect(await proberOf(program('echo 53'))()).toBe(53);
  expect(mockUndoings.size).toBe(0);
});

test('one that is at work when the benchmark ends is killed', async () => {
  const outcome = proberOf(program('exec sleep 60'))().then(
    () => 'it ended',
    (error: unknown) => error,
  );
  expect(mockUndoings.size).toBe(1);
  for (const undo of mockUndoings) undo();
  expect(await outcome).toMatchObject({ signal: 'SIGKILL' });
});
