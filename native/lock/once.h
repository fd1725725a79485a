#pragma once

#include "core/function.h"

namespace posix_ipc::lock {

/// What is done once by all processes: docs/once.md.
void define_once(Exports& exports);

} // namespace posix_ipc::lock
