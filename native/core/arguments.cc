#include "core/arguments.h"

#include <cmath>
#include <limits>

#include "core/environment.h"

namespace posix_ipc {

namespace {

using Kind = ArgumentError::Kind;

/// An integer in [low, high]. napi_get_value_double refuses what is not a number by itself.
inline double integer(napi_env env, napi_value value, const char* name, double low, double high) {
    double number = 0;
    if (napi_get_value_double(env, value, &number) != napi_ok) {
        throw ArgumentError(Kind::type, name, "an integer");
    }
    return integer_in(number, name, low, high);
}

/// Float16Array: younger than these headers, and not every Node that has it says that it is one.
constexpr auto float16_array = static_cast<napi_typedarray_type>(11);

size_t element_size(napi_typedarray_type type) {
    switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array:
        return 1;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
        return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
        return 8;
    default:
        return 2; // Int16Array, Uint16Array, Float16Array
    }
}

} // namespace

void not_an_integer(const char* name, double low, double high) {
    throw ArgumentError(Kind::range, name,
                        "an integer between " + std::to_string(static_cast<int64_t>(low)) +
                            " and " + std::to_string(static_cast<int64_t>(high)));
}

/// About a hundred years: what is longer is for ever.
constexpr double longest_wait = 3.2e12;

bool Milliseconds::finite() const {
    return value < longest_wait;
}

std::chrono::nanoseconds Milliseconds::duration() const {
    return std::chrono::nanoseconds(static_cast<int64_t>(value * 1e6));
}

template <>
int32_t convert<int32_t>(Environment& environment, napi_value value, const char* name) {
    return static_cast<int32_t>(integer(environment.env(), value, name,
                                        std::numeric_limits<int32_t>::min(),
                                        std::numeric_limits<int32_t>::max()));
}

template <>
size_t convert<size_t>(Environment& environment, napi_value value, const char* name) {
    return static_cast<size_t>(integer(environment.env(), value, name, 0, most_safe_integer));
}

template <>
bool convert<bool>(Environment& environment, napi_value value, const char* name) {
    bool result = false;
    if (napi_get_value_bool(environment.env(), value, &result) != napi_ok) {
        throw ArgumentError(Kind::type, name, "a boolean");
    }
    return result;
}

template <>
Long convert<Long>(Environment& environment, napi_value value, const char* name) {
    napi_env env = environment.env();
    double plain = 0;
    if (napi_get_value_double(env, value, &plain) == napi_ok) { // nearly always
        return {
            static_cast<int64_t>(integer(env, value, name, -most_safe_integer, most_safe_integer))};
    }
    int64_t number = 0;
    bool lossless = false;
    if (napi_get_value_bigint_int64(env, value, &number, &lossless) != napi_ok) {
        throw ArgumentError(Kind::type, name, "an integer or a bigint");
    }
    if (!lossless) {
        throw ArgumentError(Kind::range, name, "within 64 bits, signed");
    }
    return {number};
}

template <>
Key convert<Key>(Environment& environment, napi_value value, const char* name) {
    const double number =
        integer(environment.env(), value, name, std::numeric_limits<int32_t>::min(),
                std::numeric_limits<uint32_t>::max());
    return {static_cast<int32_t>(static_cast<int64_t>(number))};
}

template <>
Path convert<Path>(Environment& environment, napi_value value, const char* name) {
    napi_env env = environment.env();
    size_t length = 0;
    if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) {
        throw ArgumentError(Kind::type, name, "a string");
    }
    Path path{std::string(length, '\0')};
    napi_get_value_string_utf8(env, value, path.text.data(), length + 1, &length);
    if (path.text.find('\0') != std::string::npos) {
        throw ArgumentError(Kind::range, name, "a string without null bytes");
    }
    return path;
}

template <>
Milliseconds convert<Milliseconds>(Environment& environment, napi_value value, const char* name) {
    double number = 0;
    if (napi_get_value_double(environment.env(), value, &number) != napi_ok) {
        throw ArgumentError(Kind::type, name, "a number of milliseconds");
    }
    return from_word<Milliseconds>(environment, number, name);
}

template <>
Milliseconds from_word<Milliseconds>(Environment& /*environment*/, double word, const char* name) {
    if (!(word >= 0)) {
        throw ArgumentError(Kind::range, name, "0 or more");
    }
    return {word};
}

namespace {

/// No bytes have an address too: calls of libc declare that theirs is never null.
Bytes bytes_at(void* data, size_t length) {
    static std::byte nothing{};
    return {data == nullptr ? &nothing : static_cast<std::byte*>(data), length};
}

} // namespace

Bytes view_bytes(napi_env env, napi_value value, const char* name) {
    void* data = nullptr;
    size_t length = 0;
    napi_typedarray_type type = float16_array; // stays so where it is not told
    if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) == napi_ok) {
        return bytes_at(data, length * element_size(type));
    }
    if (napi_get_dataview_info(env, value, &length, &data, nullptr, nullptr) == napi_ok) {
        return bytes_at(data, length);
    }
    throw ArgumentError(Kind::type, name, "a Buffer, a TypedArray or a DataView");
}

template <>
Bytes convert<Bytes>(Environment& environment, napi_value value, const char* name) {
    double slab = 0;
    if (napi_get_value_double(environment.env(), value, &slab) == napi_ok) {
        return environment.slab(slab, name);
    }
    return view_bytes(environment.env(), value, name);
}

template <>
Numbers convert<Numbers>(Environment& environment, napi_value value, const char* name) {
    void* data = nullptr;
    size_t length = 0;
    napi_typedarray_type type{};
    if (napi_get_typedarray_info(environment.env(), value, &type, &length, &data, nullptr,
                                 nullptr) != napi_ok ||
        type != napi_float64_array) {
        throw ArgumentError(Kind::type, name, "a Float64Array");
    }
    return {static_cast<double*>(data), length};
}

template <>
napi_value convert<napi_value>(Environment& /*environment*/, napi_value value,
                               const char* /*name*/) {
    return value;
}

} // namespace posix_ipc
