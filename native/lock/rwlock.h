#pragma once

#include "core/function.h"

namespace posix_ipc::lock {

/// Many readers or one writer, whose death is told: docs/rwlock.md.
void define_rwlock(Exports& exports);

} // namespace posix_ipc::lock
