#pragma once

#include "core/function.h"

namespace posix_ipc::event {

/// pidfd_open(2), pidfd_send_signal(2), sigqueue(3)
void define_process(Exports& exports);

} // namespace posix_ipc::event
