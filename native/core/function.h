#pragma once

#include <array>
#include <type_traits>
#include <utility>

#include <napi.h>

#include "core/arguments.h"
#include "core/environment.h"

namespace posix_ipc {

inline napi_value to_js(napi_env env, int32_t value) {
    napi_value result = nullptr;
    napi_create_int32(env, value, &result);
    return result;
}

inline napi_value to_js(napi_env env, int64_t value) {
    napi_value result = nullptr;
    napi_create_int64(env, value, &result);
    return result;
}

inline napi_value to_js(napi_env env, bool value) {
    napi_value result = nullptr;
    napi_get_boolean(env, value, &result);
    return result;
}

inline napi_value to_js(napi_env /*env*/, napi_value value) {
    return value;
}

/// What C++ throws, JavaScript throws.
template <typename Body>
napi_value told_to_js(napi_env env, Body body) {
    try {
        return body();
    } catch (const ArgumentError& error) {
        error.throw_to(env);
    } catch (const Napi::Error& error) {
        error.ThrowAsJavaScriptException();
    } catch (const std::exception& error) {
        napi_throw_error(env, nullptr, error.what());
    }
    return nullptr;
}

/// Calls a C++ function `R f(Environment&, A...)` from JavaScript: converts and checks each
/// argument, and turns C++ exceptions into JavaScript ones.
template <auto Function>
struct Bound;

template <typename R, typename... A, R (*Function)(Environment&, A...)>
struct Bound<Function> {
    static constexpr size_t arity = sizeof...(A);

    static napi_value call(napi_env env, napi_callback_info info) {
        size_t count = arity;
        std::array<napi_value, arity + 1> values{};
        void* data = nullptr;
        napi_get_cb_info(env, info, &count, values.data(), nullptr, &data);
        return told_to_js(env, [&] {
            return apply(env, *static_cast<Signature*>(data), values,
                         std::make_index_sequence<arity>());
        });
    }

  private:
    template <size_t... I>
    static napi_value apply(napi_env env, Signature& signature,
                            [[maybe_unused]] const std::array<napi_value, arity + 1>& values,
                            std::index_sequence<I...> /*indices*/) {
        Environment& environment = *signature.environment;
        if constexpr (std::is_void_v<R>) {
            Function(environment, convert<std::remove_cvref_t<A>>(environment, values[I],
                                                                  signature.arguments[I])...);
            return nullptr;
        } else {
            return to_js(env, Function(environment,
                                       convert<std::remove_cvref_t<A>>(environment, values[I],
                                                                       signature.arguments[I])...));
        }
    }
};

/// The same for a function that is called often. Its arguments, all numbers, and its answer pass
/// through memory that both sides share: a value that crosses the boundary takes as long as the
/// work of such a call.
template <auto Function>
struct Quick;

template <typename R, typename... A, R (*Function)(Environment&, A...)>
struct Quick<Function> {
    static constexpr size_t arity = sizeof...(A);

    // With all that it calls in it: see system_call.h.
    [[gnu::flatten]] static napi_value call(napi_env env, napi_callback_info info) {
        void* data = nullptr;
        napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
        return told_to_js(env, [&]() -> napi_value {
            apply(*static_cast<Signature*>(data), std::make_index_sequence<arity>());
            return nullptr;
        });
    }

  private:
    template <size_t... I>
    static void apply(Signature& signature, std::index_sequence<I...> /*indices*/) {
        Environment& environment = *signature.environment;
        double* const words = environment.call_words();
        words[0] = static_cast<double>(
            Function(environment, from_word<std::remove_cvref_t<A>>(environment, words[I],
                                                                    signature.arguments[I])...));
    }
};

/// The functions that a facility gives to JavaScript.
class Exports {
  public:
    Exports(Environment& environment, Napi::Object target)
        : environment_(environment), target_(target) {}

    /// Defines one function; the names are those that its error messages use.
    template <auto Function, typename... Names>
    void function(const char* name, Names... arguments) {
        define<Bound<Function>>(name, arguments...);
    }

    /// The same for a quick call.
    template <auto Function, typename... Names>
    void quick(const char* name, Names... arguments) {
        define<Quick<Function>>(name, arguments...);
    }

    void value(const char* name, Napi::Value value) { target_.Set(name, value); }

    [[nodiscard]] Environment& environment() const { return environment_; }

  private:
    template <typename Caller, typename... Names>
    void define(const char* name, Names... arguments) {
        static_assert(sizeof...(Names) == Caller::arity, "one name for each argument");
        napi_value value = nullptr;
        napi_create_function(target_.Env(), name, NAPI_AUTO_LENGTH, Caller::call,
                             environment_.sign({arguments...}), &value);
        target_.Set(name, value);
    }

    Environment& environment_;
    Napi::Object target_;
};

} // namespace posix_ipc
