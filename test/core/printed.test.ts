/** What the REPL and `console.log` show of objects: what they are, not how they work. */

import { inspect } from 'node:util';

import { event, memory, stream, unix } from 'posix-ipc';

test('an open file shows its descriptor, as long as it has it', () => {
  const { reader, writer } = stream.pipeSync();
  expect(inspect(reader)).toBe(`PipeReader { fd: ${String(reader.fd)}, path: undefined }`);
  writer.close();
  expect(inspect(writer)).toBe('PipeWriter { fd: undefined, path: undefined }');
  reader.close();
  const [one, other] = unix.socketpairSync('stream');
  expect(inspect(one)).toBe(`Stream { fd: ${String(one.fd)} }`);
  one.close();
  other.close();
});

test('what a class adds is shown', () => {
  using self = event.Process.openSync(process.pid);
  expect(inspect(self, { breakLength: Infinity })).toBe(
    `Process { fd: ${String(self.fd)}, pid: ${String(process.pid)}, startTime: ${String(self.startTime)} }`,
  );
});

test('mapped memory shows its length and its access', () => {
  using file = memory.memfdSync('printed', { size: 4096 });
  expect(inspect(file)).toBe(`Memfd { fd: ${String(file.fd)}, name: 'printed' }`);
  const mapping = file.mapSync();
  expect(inspect(mapping)).toBe("Mapping { length: 4096, access: 'write' }");
  mapping.close();
  expect(inspect(mapping)).toBe("Mapping { length: 0, access: 'write' }");
});

test('within other objects it is laid out, and cut off, as others are', () => {
  using bell = event.EventFd.createSync();
  const fd = String(bell.fd);
  expect(inspect({ bell })).toBe(`{ bell: EventFd { fd: ${fd} } }`);
  expect(inspect({ a: { bell } }, { depth: 1 })).toBe('{ a: { bell: [EventFd] } }');
  expect(inspect({ bell }, { depth: Infinity })).toBe(`{ bell: EventFd { fd: ${fd} } }`);
});

test('what only looks like one can be shown, too', () => {
  for (const { prototype } of [event.EventFd, memory.Mapping, memory.Memfd]) {
    const fake = Object.create(prototype) as object;
    expect(inspect(fake)).toBe(`${prototype.constructor.name} {}`);
    expect(inspect(prototype)).toContain('{}');
  }
});
