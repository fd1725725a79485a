#pragma once

#include <csignal>
#include <string>

namespace posix_ipc::wait {

/// The real-time signal that gets a thread out of a blocking system call.
/// Picked once per process: the highest one that has no handler, or $POSIX_IPC_SIGNAL.
/// Its handler does nothing; no other signal's disposition is touched.
int wake_signal();

/// What $POSIX_IPC_SIGNAL holds, if that is no real-time signal; else empty.
std::string unusable_signal();

/// What threads of our own block: no signal of the process may ever land on them.
sigset_t every_signal();
sigset_t every_signal_but_wake();

/// Lets the wake-up signal through in the calling thread.
void unblock_wake_signal();

} // namespace posix_ipc::wait
