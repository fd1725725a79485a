#pragma once

#include <stdexcept>
#include <string>

#include <napi.h>

#include "core/or_errno.h"

namespace posix_ipc {

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
