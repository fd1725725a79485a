#pragma once

#include "core/function.h"

namespace posix_ipc::sysv {

/// semget(2), semop(2), semctl(2), and their waiting and timed forms.
void define_sem(Exports& exports);

} // namespace posix_ipc::sysv
