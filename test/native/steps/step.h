#pragma once

// Included before everything else of the program whose processes die between two steps.

namespace posix_ipc::test {

/// A step of the protocol was just done.
void reached(const char* step);

} // namespace posix_ipc::test

#define POSIX_IPC_STEP(name) posix_ipc::test::reached(#name)
