#pragma once

#include <csignal>
#include <functional>
#include <pthread.h>

#include "core/wait/stack.h"

namespace posix_ipc::wait {

/// A thread of our own, with these signals blocked. 0 or `no_thread`; join it before its stack
/// ends.
int start_thread(pthread_t& handle, const Stack& stack, const sigset_t& blocked,
                 std::function<void()> body);

} // namespace posix_ipc::wait
