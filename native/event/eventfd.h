#pragma once

#include "core/function.h"

namespace posix_ipc::event {

/// eventfd(2)
void define_eventfd(Exports& exports);

} // namespace posix_ipc::event
