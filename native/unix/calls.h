#pragma once

#include "core/function.h"

namespace posix_ipc::unix_domain {

/// The calls of socket(7) on plain descriptors, blocking as in C.
void define_calls(Exports& exports);

} // namespace posix_ipc::unix_domain
