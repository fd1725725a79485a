#pragma once

#include "core/function.h"

namespace posix_ipc::lock {

/// flock(2), the record locks of fcntl(2), lockf(3), and their waiting forms.
void define_file(Exports& exports);

} // namespace posix_ipc::lock
