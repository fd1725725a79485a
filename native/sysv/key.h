#pragma once

#include "core/function.h"

namespace posix_ipc::sysv {

/// ftok(3).
void define_key(Exports& exports);

} // namespace posix_ipc::sysv
