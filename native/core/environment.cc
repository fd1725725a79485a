#include "core/environment.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <unistd.h>

#include "core/function.h"

namespace posix_ipc {

namespace {

using Kind = ArgumentError::Kind;

constexpr size_t words_per_end = 5;
constexpr size_t most_call_words = 8;
constexpr size_t most_ends_at_once = 64;
constexpr std::chrono::microseconds longest_told = std::chrono::minutes(30);

/// process.exit() in the main thread runs no clean-up hook of Node-API, only atexit handlers.
/// Never destroyed: environments may end after static destructors have run.
struct Living {
    const pid_t process = getpid();
    std::mutex mutex;
    std::vector<Environment*> environments;
};

Living& living() {
    static auto& all = *std::make_unique<Living>().release();
    return all;
}

void end_all_at_exit() {
    Living& all = living();
    if (getpid() != all.process) {
        return; // a child of fork(2): the threads, and what their waits hold, are its parent's
    }
    std::vector<Environment*> environments;
    {
        const std::scoped_lock lock(all.mutex);
        environments = all.environments; // end() takes the lock to forget itself
    }
    for (Environment* environment : environments) {
        environment->end();
    }
}

void remember(Environment* environment) {
    static const int registered = std::atexit(end_all_at_exit);
    static_cast<void>(registered);
    Living& all = living();
    const std::scoped_lock lock(all.mutex);
    all.environments.push_back(environment);
}

void forget(Environment* environment) {
    Living& all = living();
    const std::scoped_lock lock(all.mutex);
    std::erase(all.environments, environment);
}

} // namespace

Environment& Environment::create(Napi::Env env) {
    auto environment = std::make_unique<Environment>(env);
    Environment& created = *environment;
    env.SetInstanceData(environment.release()); // deleted with the environment
    return created;
}

Environment::Environment(napi_env env)
    : env_(env), in_worker_(gettid() != getpid()),
      waits_([this] { napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking); }) {
    const auto call = [](napi_env living_env, napi_value, void* self, void*) {
        if (living_env != nullptr) {
            static_cast<Environment*>(self)->deliver_ends();
        }
    };
    const napi_value name = Napi::String::New(env, "posix-ipc wait");
    if (napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this,
                                        call, &wake_) != napi_ok) {
        throw Napi::Error::New(env, "posix-ipc: no thread-safe function to be had");
    }
    napi_unref_threadsafe_function(env, wake_);
    auto call_words = Napi::Float64Array::New(env, most_call_words);
    call_memory_ = call_words.Data();
    call_words_ = Napi::Persistent(call_words);
    words_ = Napi::Persistent(Napi::Int32Array::New(env, words_per_end * most_ends_at_once));
    // After the function above: hooks run in reverse, so its threads are joined before it closes.
    napi_add_env_cleanup_hook(
        env, [](void* self) { static_cast<Environment*>(self)->end(); }, this);
    remember(this);
}

Environment::~Environment() {
    end();
}

void Environment::end() noexcept {
    forget(this);
    for (const auto& facility : facilities_) {
        if (facility) {
            facility->end();
        }
    }
    waits_.shut_down();
}

Signature* Environment::sign(std::vector<const char*> arguments) {
    return signatures_.emplace_back(std::make_unique<Signature>(this, std::move(arguments))).get();
}

int32_t Environment::register_slab(napi_value view) {
    if (slabs_.size() == most_slabs) {
        throw ArgumentError(Kind::range, "view", "one of few");
    }
    slabs_.emplace_back();
    const auto index = static_cast<int32_t>(slabs_.size() - 1);
    replace_slab(index, view);
    return index;
}

void Environment::replace_slab(int32_t index, napi_value view) {
    if (index < 0 || static_cast<size_t>(index) >= slabs_.size()) {
        throw ArgumentError(Kind::range, "index", "the index of a slab");
    }
    const Bytes bytes = view_bytes(env_, view, "view");
    const auto owner = Napi::Value(env_, view).As<Napi::Object>();
    slabs_[index].keep = std::make_unique<Napi::ObjectReference>(Napi::Persistent(owner));
    slabs_[index].bytes = bytes;
}

void Environment::no_memory(const char* name) {
    throw ArgumentError(Kind::type, name, "a Buffer, a TypedArray or a DataView");
}

void Environment::on_ends(Napi::Function deliver, Napi::Function nothing) {
    deliver_ = Napi::Persistent(deliver);
    nothing_ = Napi::Persistent(nothing);
}

void Environment::write_end(int32_t* words, const wait::Engine::End& end) {
    const wait::Outcome& outcome = end.outcome;
    words[0] = end.id;
    words[1] = outcome.result;
    words[2] = static_cast<int32_t>(outcome.extra);
    words[3] = static_cast<int32_t>(outcome.extra >> 32);
    words[4] = static_cast<int32_t>(std::min(end.waited, longest_told).count());
}

/// Ends one wait now; how it ended stands in the first words.
int32_t Environment::end_wait(int32_t id) {
    const wait::Engine::End end = waits_.end(id);
    write_end(words_.Value().Data(), end);
    return end.outcome.result;
}

void Environment::ref() {
    if (++references_ == 1) {
        napi_ref_threadsafe_function(env_, wake_);
    }
}

void Environment::unref() {
    if (--references_ == 0) {
        napi_unref_threadsafe_function(env_, wake_);
    }
}

void Environment::deliver_ends() {
    const Napi::HandleScope scope(env_);
    int32_t* words = words_.Value().Data();
    std::array<wait::Engine::End, most_ends_at_once> ends{};
    while (const size_t count = waits_.collect(ends.data(), ends.size())) {
        for (size_t i = 0; i < count; i++) {
            write_end(words + i * words_per_end, ends[i]);
        }
        if (!call(deliver_, {to_js(env_, static_cast<int32_t>(count))})) {
            return; // the environment is ending: end() gives back what nobody was told of
        }
        waits_.settle();
    }
}

bool Environment::call(const Napi::FunctionReference& function,
                       std::initializer_list<napi_value> arguments) {
    napi_value result = nullptr;
    const napi_status status =
        napi_call_function(env_, Napi::Env(env_).Undefined(), function.Value(), arguments.size(),
                           arguments.begin(), &result);
    if (status == napi_ok) {
        return true;
    }
    // A call that was terminated leaves an exception that is no value: there is nothing to report.
    napi_value error = nullptr;
    napi_valuetype type = napi_null;
    if (napi_get_and_clear_last_exception(env_, &error) != napi_ok || error == nullptr ||
        napi_typeof(env_, error, &type) != napi_ok || type != napi_object) {
        return false;
    }
    return napi_fatal_exception(env_, error) == napi_ok;
}

wait::Outcome Environment::block(wait::Operation& operation, Milliseconds timeout, bool signals,
                                 bool interrupted) {
    wait::SyncLimits limits;
    limits.until_signal = signals;
    if (timeout.finite()) {
        limits.deadline = wait::Clock::now() + timeout.duration();
    }
    limits.going_on = [this] { return going_on(); };
    limits.ask_from_start = in_worker_ || interrupted;
    return wait::run_sync(operation, limits);
}

/// A worker that is asked to end cannot run JavaScript any more. There is no event for that which
/// native code could wait for, so a blocked worker asks now and then; the main thread only after a
/// signal (the REPL ends JavaScript on Ctrl-C).
bool Environment::going_on() {
    const Napi::HandleScope scope(env_);
    return nothing_.IsEmpty() || call(nothing_, {});
}

} // namespace posix_ipc
