#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <span>
#include <string>

#include <napi.h>

#include "core/error.h"

namespace posix_ipc {

class Environment;

constexpr double most_safe_integer = 9007199254740991.0;

/// A place in a memory region: a view that JavaScript passed, or a slab registered before.
using Bytes = std::span<std::byte>;

/// A C long. JavaScript gives a safe integer or a bigint.
struct Long {
    int64_t value;
};

/// A key_t, given as a signed or an unsigned 32-bit number.
struct Key {
    int32_t value;
};

/// A path without NUL bytes.
struct Path {
    std::string text;
};

/// A waiting time. Infinity waits for ever.
struct Milliseconds {
    double value;
    [[nodiscard]] bool finite() const;
    [[nodiscard]] std::chrono::nanoseconds duration() const;
};

/// A view of float64 values that a call fills or reads.
using Numbers = std::span<double>;

/// Checked conversion of one JavaScript value; ArgumentError names the argument.
/// Whatever JavaScript passes, nothing here crashes.
template <typename T>
T convert(Environment& environment, napi_value value, const char* name);

template <>
int32_t convert<int32_t>(Environment&, napi_value value, const char* name);
template <>
size_t convert<size_t>(Environment&, napi_value value, const char* name);
template <>
bool convert<bool>(Environment&, napi_value value, const char* name);
template <>
Long convert<Long>(Environment&, napi_value value, const char* name);
template <>
Key convert<Key>(Environment&, napi_value value, const char* name);
template <>
Path convert<Path>(Environment&, napi_value value, const char* name);
template <>
Milliseconds convert<Milliseconds>(Environment&, napi_value value, const char* name);
template <>
Bytes convert<Bytes>(Environment& environment, napi_value value, const char* name);
template <>
Numbers convert<Numbers>(Environment&, napi_value value, const char* name);
template <>
napi_value convert<napi_value>(Environment&, napi_value value, const char* name);

/// An integer in [low, high], or an ArgumentError.
[[noreturn]] void not_an_integer(const char* name, double low, double high);
inline double integer_in(double number, const char* name, double low, double high) {
    const bool inside = number >= low && number <= high;
    if (!inside || static_cast<double>(static_cast<int64_t>(number)) != number) {
        not_an_integer(name, low, high);
    }
    return number;
}

/// As `convert`, of a number that lies in memory which JavaScript has filled: see quick().
template <typename T>
T from_word(Environment& environment, double word, const char* name);

template <>
inline int32_t from_word<int32_t>(Environment& /*environment*/, double word, const char* name) {
    constexpr double least = std::numeric_limits<int32_t>::min();
    constexpr double most = std::numeric_limits<int32_t>::max();
    return static_cast<int32_t>(integer_in(word, name, least, most));
}

template <>
inline size_t from_word<size_t>(Environment& /*environment*/, double word, const char* name) {
    return static_cast<size_t>(integer_in(word, name, 0, most_safe_integer));
}

template <>
inline Key from_word<Key>(Environment& /*environment*/, double word, const char* name) {
    constexpr double least = std::numeric_limits<int32_t>::min();
    constexpr double most = std::numeric_limits<uint32_t>::max();
    return {static_cast<int32_t>(static_cast<int64_t>(integer_in(word, name, least, most)))};
}

/// A place in a slab (in environment.h).
template <>
Bytes from_word<Bytes>(Environment& environment, double word, const char* name);

template <>
inline Long from_word<Long>(Environment& /*environment*/, double word, const char* name) {
    return {static_cast<int64_t>(integer_in(word, name, -most_safe_integer, most_safe_integer))};
}

template <>
Milliseconds from_word<Milliseconds>(Environment&, double word, const char* name);

/// The bytes of an ArrayBuffer view (never of a slab).
Bytes view_bytes(napi_env env, napi_value value, const char* name);

} // namespace posix_ipc
