#pragma once

namespace posix_ipc::test {

/// Stacks are memory of their own each, with a guard below, used again, and given back where there
/// are many.
void stacks_are_guarded_and_used_again();

/// So are those of waits that have ended, without waiting for the next one to begin.
void stacks_of_ended_threads_go();

} // namespace posix_ipc::test
