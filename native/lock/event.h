#pragma once

#include "core/function.h"

namespace posix_ipc::lock {

/// Events that processes wait for: docs/event.md.
void define_event(Exports& exports);

} // namespace posix_ipc::lock
