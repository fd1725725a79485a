#pragma once

#include <functional>
#include <pthread.h>

namespace posix_ipc::wait {

/// A thread of our own: a small stack, and all signals blocked. 0 or `no_thread`; join it.
int start_thread(pthread_t& handle, std::function<void()> body);

} // namespace posix_ipc::wait
