#pragma once

// Of the C headers only what does not touch links in shared memory: see robust_list.h.
#define POSIX_IPC_LOCK_CORE_ONLY
#include <cstddef>

#include "posix-ipc/lock_word.h"

namespace posix_ipc::lock {

/// A mutex in memory that processes share. Layout and protocol: docs/mutex.md.
using Mutex = posix_ipc_mutex;

static_assert(sizeof(Mutex) == 64 && offsetof(Mutex, next) == -POSIX_IPC_MUTEX_DISTANCE);

} // namespace posix_ipc::lock
