#pragma once

#include <chrono>

namespace posix_ipc::test {

/// Threads that exclude each other by one mutex, in all ways of taking it, and give up, and go on
/// as if dead.
void mutexes_exclude(std::chrono::seconds how_long);

} // namespace posix_ipc::test
