#pragma once

#include "core/function.h"

namespace posix_ipc::event {

/// futex(2): waiting for a word in a mapping to change.
void define_futex(Exports& exports);

} // namespace posix_ipc::event
