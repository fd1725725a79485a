#pragma once

#include <string>

namespace posix_ipc::wait {

/// The real-time signal that gets a thread out of a blocking system call.
/// Picked once per process: the highest one that has no handler, or $POSIX_IPC_SIGNAL.
/// Its handler does nothing; no other signal's disposition is touched.
int wake_signal();

/// What $POSIX_IPC_SIGNAL holds, if that is no real-time signal; else empty.
std::string unusable_signal();

/// Blocks every signal but the wake-up one in the calling thread.
void block_all_but_wake_signal();

/// Lets the wake-up signal through in the calling thread.
void unblock_wake_signal();

} // namespace posix_ipc::wait
