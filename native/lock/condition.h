#pragma once

#include "core/function.h"

namespace posix_ipc::lock {

/// Conditions that processes wait for under a mutex: docs/condition.md.
void define_condition(Exports& exports);

} // namespace posix_ipc::lock
