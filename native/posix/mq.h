#pragma once

#include "core/function.h"

namespace posix_ipc::posix {

/// mq_overview(7)
void define_mq(Exports& exports);

} // namespace posix_ipc::posix
