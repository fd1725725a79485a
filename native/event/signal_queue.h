#pragma once

#include "core/function.h"

namespace posix_ipc::event {

/// Real-time signals as messages: signalfd(2).
void define_signal_queue(Exports& exports);

} // namespace posix_ipc::event
