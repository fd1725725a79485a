#pragma once

#include "core/function.h"

namespace posix_ipc::stream {

/// mkfifo(3), and opening FIFOs
void define_fifo(Exports& exports);

} // namespace posix_ipc::stream
