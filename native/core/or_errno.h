#pragma once

#include <cerrno>

namespace posix_ipc {

/// What a system call answered, as one number: its result, or the negated errno.
/// JavaScript makes the exception: a number costs nothing where failing is normal (EAGAIN, ENOMSG).
template <typename Result>
Result or_errno(Result result) {
    return result == -1 ? -static_cast<Result>(errno) : result;
}

} // namespace posix_ipc
