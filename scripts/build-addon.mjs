// @ts-check
// Compiles native/ into build/Release/posix_ipc.node.
//   --debug      build/Debug instead, without optimisation
//   --sanitize   AddressSanitizer and UBSan, in build-asan/build/Release
import { parseArgs } from 'node:util';
import { requireCompiler, runNodeGyp, shadowFolder } from './support/addon.mjs';
import { main } from './support/run.mjs';

// Not vptr: it looks at memory through a pipe, and reports what is right where no descriptor is left.
const SANITIZERS =
  '-fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=undefined ' +
  '-fno-omit-frame-pointer -g -O1';

await main(() => {
  const { values } = parseArgs({
    options: { debug: { type: 'boolean' }, sanitize: { type: 'boolean' } },
  });
  requireCompiler();
  if (!values.sanitize) {
    runNodeGyp({ debug: values.debug ?? false });
    return;
  }
  const flags = {
    CFLAGS: SANITIZERS,
    CXXFLAGS: SANITIZERS,
    LDFLAGS: '-fsanitize=address,undefined',
  };
  runNodeGyp({ folder: shadowFolder('build-asan'), env: flags, gyp: ['-Dstatic_runtime=0'] });
});
