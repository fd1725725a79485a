/** Memory that is gone when a read has waited. */

import { codeOfRejection } from '../support/outcome';
import { temporaryPipe } from '../support/pipes';
import { soon } from '../support/wait-until';

test('memory that is detached while a read waits is told; what is written then stays', async () => {
  const { reader, writer } = temporaryPipe();
  const memory = new ArrayBuffer(8);
  const reading = codeOfRejection(reader.readInto(new Uint8Array(memory)));
  structuredClone(memory, { transfer: [memory] });
  await writer.write('hello');
  expect(await soon('the read', reading)).toBe('ERR_INVALID_ARG_TYPE');
  expect(reader.tryRead()?.toString()).toBe('hello');
});
