#pragma once

#include "core/function.h"
#include "lock/mutex_wait.h"

namespace posix_ipc::lock {

/// Mutexes that tell when their owner has died: docs/mutex.md.
void define_mutex(Exports& exports);

// A mutex that is a part of something else, as if JavaScript had opened it.
int32_t open_mutex(Environment& environment, SharedMutex mutex); ///< its handle, or -EMFILE
void close_mutex(Environment& environment, int32_t handle);

/// Of a handle; nullptr: there is none.
const Mutex* find_mutex(Environment& environment, int32_t handle);

} // namespace posix_ipc::lock
