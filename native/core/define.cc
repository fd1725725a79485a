#include "core/define.h"

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

bool is_int32_array(napi_env env, napi_value value) {
    napi_typedarray_type type{};
    return napi_get_typedarray_info(env, value, &type, nullptr, nullptr, nullptr, nullptr) ==
               napi_ok &&
           type == napi_int32_array;
}

void on_wait_ends(Environment& environment, napi_value deliver, napi_value words,
                  napi_value nothing) {
    napi_env env = environment.env();
    if (!Napi::Value(env, deliver).IsFunction() || !Napi::Value(env, nothing).IsFunction()) {
        throw ArgumentError(ArgumentError::Kind::type, "deliver", "a function");
    }
    if (!is_int32_array(env, words)) {
        throw ArgumentError(ArgumentError::Kind::type, "words", "an Int32Array");
    }
    environment.on_ends(Napi::Value(env, deliver).As<Napi::Function>(),
                        Napi::Value(env, words).As<Napi::Int32Array>(),
                        Napi::Value(env, nothing).As<Napi::Function>());
}

bool cancel_wait(Environment& environment, int32_t id) {
    return environment.waits().cancel(id);
}

int32_t end_wait(Environment& environment, int32_t id) {
    return environment.end_wait(id);
}

void ref_waits(Environment& environment) {
    environment.ref();
}

void unref_waits(Environment& environment) {
    environment.unref();
}

} // namespace

void define(Exports& exports) {
    exports.function<error_table>("errorTable");
    exports.function<register_slab>("registerSlab", "view");
    exports.function<replace_slab>("replaceSlab", "index", "view");
    exports.function<on_wait_ends>("onWaitEnds", "deliver", "words", "nothing");
    exports.function<cancel_wait>("cancelWait", "id");
    exports.function<end_wait>("endWait", "id");
    exports.function<ref_waits>("refWaits");
    exports.function<unref_waits>("unrefWaits");
}

} // namespace posix_ipc::core
