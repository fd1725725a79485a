#pragma once

#include <chrono>

namespace posix_ipc::test {

/// Threads that put into and take out of a store for one, wait for each other by conditions, give
/// up, and go on as if dead.
void conditions_notify(std::chrono::seconds how_long);

} // namespace posix_ipc::test
