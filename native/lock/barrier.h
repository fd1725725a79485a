#pragma once

#include "core/function.h"

namespace posix_ipc::lock {

/// Barriers, at which processes wait for each other: docs/barrier.md.
void define_barrier(Exports& exports);

} // namespace posix_ipc::lock
