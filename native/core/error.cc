#include "core/error.h"

namespace posix_ipc {

namespace {

struct Entry {
    int number;
    const char* name;
    const char* text;
};

constexpr Entry entries[] = {
#define X(name, text) {name, #name, text},
#include "core/errno.def"
#undef X
};

/// As Node words its own.
std::string wording(ArgumentError::Kind kind, const std::string& name,
                    const std::string& expected) {
    return kind == ArgumentError::Kind::type
               ? "The \"" + name + "\" argument must be " + expected
               : "The value of \"" + name + "\" is out of range. It must be " + expected;
}

} // namespace

ArgumentError::ArgumentError(Kind kind, const char* name, const std::string& expected)
    : std::runtime_error(wording(kind, name, expected)), kind_(kind) {}

void ArgumentError::throw_to(napi_env env) const {
    if (kind_ == Kind::type) {
        napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", what());
    } else {
        napi_throw_range_error(env, "ERR_OUT_OF_RANGE", what());
    }
}

Napi::Array errno_table(Napi::Env env) {
    auto table = Napi::Array::New(env, std::size(entries));
    uint32_t index = 0;
    for (const auto& entry : entries) {
        auto row = Napi::Array::New(env, 3);
        row.Set(0U, entry.number);
        row.Set(1U, entry.name);
        row.Set(2U, entry.text);
        table.Set(index++, row);
    }
    return table;
}

} // namespace posix_ipc
