#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>

#include <napi.h>

namespace posix_ipc {

/// What a system call answered, as one number: its result, or the negated errno.
/// JavaScript makes the exception: a number costs nothing where failing is normal (EAGAIN, ENOMSG).
template <typename Result>
Result or_errno(Result result) {
    return result == -1 ? -static_cast<Result>(errno) : result;
}

/// A wrong argument, found before any system call was made.
class ArgumentError : public std::runtime_error {
  public:
    enum class Kind { type, range };
    ArgumentError(Kind kind, const char* name, const std::string& expected);
    void throw_to(napi_env env) const;

  private:
    Kind kind_;
};

/// [errno, name, text] of every errno that the package knows.
Napi::Array errno_table(Napi::Env env);

} // namespace posix_ipc
