#pragma once

#include "core/function.h"

namespace posix_ipc::lock {

/// Mutexes that tell when their owner has died: docs/mutex.md.
void define_mutex(Exports& exports);

} // namespace posix_ipc::lock
