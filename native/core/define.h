#pragma once

#include "core/function.h"

namespace posix_ipc::core {

/// What the facade needs of the core itself: errors, slabs, waits.
void define(Exports& exports);

} // namespace posix_ipc::core
