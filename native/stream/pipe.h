#pragma once

#include "core/function.h"

namespace posix_ipc::stream {

/// pipe(2), and what both ends of pipes and FIFOs do
void define_pipe(Exports& exports);

} // namespace posix_ipc::stream
