#pragma once

#include "core/function.h"

namespace posix_ipc::posix {

/// shm_open(3), shm_unlink(3), and making an object that appears whole.
void define_shm(Exports& exports);

} // namespace posix_ipc::posix
