#pragma once

#include "core/function.h"

namespace posix_ipc::sysv {

/// msgget(2), msgop(2), msgctl(2), and their waiting, timed and many-per-call forms.
void define_msg(Exports& exports);

} // namespace posix_ipc::sysv
