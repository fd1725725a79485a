#pragma once

#include "core/function.h"

namespace posix_ipc::sysv {

/// shmget(2), shmat(2), shmctl(2). Detaching is closing the mapping that shmat gives.
void define_shm(Exports& exports);

} // namespace posix_ipc::sysv
