/** Pages of the reserved pool: run where there are some, see vm.nr_hugepages. */

import { fstatSync, readFileSync } from 'node:fs';

import { memory } from 'posix-ipc';

import { testIf } from '../support/machine';
import { adoptMapping } from '../support/mappings';
import { codeOfRejection } from '../support/outcome';

const sizes = { '2MiB': 2 ** 21, '1GiB': 2 ** 30 } as const;
const kinds = ['2MiB', '1GiB'] as const;

/** How many are free. */
function free(size: number): number {
  const file = `/sys/kernel/mm/hugepages/hugepages-${String(size / 1024)}kB/free_hugepages`;
  try {
    return Number(readFileSync(file, 'latin1'));
  } catch {
    return 0;
  }
}

for (const hugePages of kinds) {
  const size = sizes[hugePages];
  const there = [free(size) > 0, 'there is no such page'] as const;

  // First: the pages of mappings come back in a later turn of the event loop.
  testIf(...there)(`${hugePages}: a memfd that there are too few for keeps none`, async () => {
    using file = memory.memfdSync('huge', { hugePages });
    const before = free(size);
    expect(await codeOfRejection(file.resize((before + 1) * size))).toMatch(/^(ENOSPC|ENOMEM)$/);
    expect([fstatSync(file.fd).blocks, file.size, free(size)]).toEqual([0, 0, before]);
    await file.resize(size);
    expect([file.size, free(size)]).toEqual([size, before - 1]);
  });

  testIf(...there)(`${hugePages}: advice is of whole pages, in each form`, async () => {
    const mapping = adoptMapping(memory.mapAnonymousSync({ length: size - 100, hugePages }));
    mapping.bytes[5] = 7;
    for (const advise of formsOf(mapping)) {
      await advise('dont-dump');
      await advise('dont-need', { offset: 4096, length: 8192 }); // no whole one
      await advise('dont-need'); // nor here: 100 bytes are missing
      expect(mapping.bytes[5]).toBe(7);
    }
  });

  testIf(...there)(`${hugePages}: one that is whole is dropped, in each form`, async () => {
    const mapping = adoptMapping(memory.mapAnonymousSync({ length: size, hugePages }));
    for (const advise of formsOf(mapping)) {
      mapping.bytes[5] = 7;
      await advise('dont-need');
      expect(mapping.bytes[5]).toBe(0);
    }
  });
}

type Advise = (advice: memory.Advice, range?: memory.MappingRange) => Promise<void>;

function formsOf(mapping: memory.Mapping): Advise[] {
  return [
    (...given) => mapping.advise(...given),
    (...given) => {
      mapping.adviseSync(...given);
      return Promise.resolve();
    },
  ];
}
