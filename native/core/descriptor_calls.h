#pragma once

#include "core/function.h"

namespace posix_ipc::core {

/// Owned descriptors, and waiting until they are ready.
void define_descriptors(Exports& exports);

} // namespace posix_ipc::core
