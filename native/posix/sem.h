#pragma once

#include "core/function.h"

namespace posix_ipc::posix {

/// sem_overview(7), and the waits of posix.Semaphore.
void define_sem(Exports& exports);

} // namespace posix_ipc::posix
