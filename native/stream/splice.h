#pragma once

#include "core/function.h"

namespace posix_ipc::stream {

/// splice(2), tee(2), vmsplice(2), and moving a file into a pipe
void define_splice(Exports& exports);

} // namespace posix_ipc::stream
