import path from 'node:path';

/** Where the sources of the benchmark are; the compiled files lie elsewhere. */
export const folder = path.join(path.dirname(require.resolve('posix-ipc/package.json')), 'bench');
