#!/usr/bin/env node
/** The command `posix-ipc`: looks at the IPC objects of this machine. */

import { main } from './cli/main';

main(process.argv.slice(2));
