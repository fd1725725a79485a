#include "core/define.h"

#include <csignal>

#include "core/wait/signal.h"

namespace posix_ipc::core {

namespace {

napi_value error_table(Environment& environment) {
    return errno_table(environment.env());
}

int32_t register_slab(Environment& environment, napi_value view) {
    return environment.register_slab(view);
}

void replace_slab(Environment& environment, int32_t index, napi_value view) {
    environment.replace_slab(index, view);
}

void on_wait_ends(Environment& environment, napi_value deliver, napi_value nothing) {
    const Napi::Value told(environment.env(), deliver);
    const Napi::Value asked(environment.env(), nothing);
    if (!told.IsFunction() || !asked.IsFunction()) {
        throw ArgumentError(ArgumentError::Kind::type, "deliver", "a function");
    }
    environment.on_ends(told.As<Napi::Function>(), asked.As<Napi::Function>());
}

bool cancel_wait(Environment& environment, int32_t id) {
    return environment.waits().cancel(id);
}

int32_t end_wait(Environment& environment, int32_t id) {
    return environment.end_wait(id);
}

/// [text, lowest, highest] if the signal that was asked for cannot be used.
napi_value unusable_signal(Environment& environment) {
    const std::string text = wait::unusable_signal();
    const Napi::Env env(environment.env());
    if (text.empty()) {
        return env.Undefined();
    }
    auto answer = Napi::Array::New(env, 3);
    answer.Set(0U, text);
    answer.Set(1U, SIGRTMIN);
    answer.Set(2U, SIGRTMAX);
    return answer;
}

void ref_waits(Environment& environment) {
    environment.ref();
}

void unref_waits(Environment& environment) {
    environment.unref();
}

} // namespace

void define(Exports& exports) {
    // They belong to the addon: several copies of the facade may share one (in tests they do).
    exports.value("waitWords", exports.environment().words());
    exports.value("callWords", exports.environment().call_view());
    exports.value("waitEnds", Napi::Array::New(exports.environment().env()));
    exports.function<error_table>("errorTable");
    exports.function<register_slab>("registerSlab", "view");
    exports.function<replace_slab>("replaceSlab", "index", "view");
    exports.function<on_wait_ends>("onWaitEnds", "deliver", "nothing");
    exports.function<cancel_wait>("cancelWait", "id");
    exports.function<end_wait>("endWait", "id");
    exports.function<unusable_signal>("unusableSignal");
    exports.function<ref_waits>("refWaits");
    exports.function<unref_waits>("unrefWaits");
}

} // namespace posix_ipc::core
