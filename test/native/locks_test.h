#pragma once

#include <chrono>

namespace posix_ipc::test {

/// Threads that read, write, upgrade and downgrade under one readers-writer lock.
void readers_and_writers_exclude(std::chrono::seconds how_long);

/// Threads that meet at a barrier, and see what each has done before.
void threads_meet(std::chrono::seconds how_long);

/// Threads that hand a number around by events.
void events_pass_on(std::chrono::seconds how_long);

} // namespace posix_ipc::test
