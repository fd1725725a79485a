#pragma once

#include <atomic>
#include <initializer_list>
#include <limits>
#include <memory>
#include <vector>

#include <napi.h>

#include "core/arguments.h"
#include "core/wait/engine.h"
#include "core/wait/run_sync.h"

namespace posix_ipc {

/// What a native function finds when it is called: its environment and its arguments' names.
struct Signature {
    Signature(Environment* owner, std::vector<const char*> names)
        : environment(owner), arguments(std::move(names)) {}
    Environment* environment;
    std::vector<const char*> arguments;
};

/// What a facility keeps for one environment, such as its table of handles: see facility().
class Facility {
  public:
    Facility() = default;
    Facility(const Facility&) = delete;
    Facility& operator=(const Facility&) = delete;
    virtual ~Facility() = default;

    /// The environment is about to end: ends the waits that it runs, joins threads. Idempotent.
    virtual void end() noexcept {}
};

/// Everything that one JS environment (the main thread, or a worker) owns.
/// It ends before the environment does: see end().
class Environment {
  public:
    static Environment& create(Napi::Env env);

    explicit Environment(napi_env env);
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    ~Environment();

    [[nodiscard]] napi_env env() const { return env_; }
    wait::Engine& waits() { return waits_; }

    /// Signatures live as long as the environment: functions point at them.
    Signature* sign(std::vector<const char*> arguments);

    /// The one T of this environment, made of it when it is first asked for.
    template <typename T>
    T& facility() {
        const size_t place = place_of<T>;
        const bool is_there = place < facilities_.size() && facilities_[place] != nullptr;
        return is_there ? static_cast<T&>(*facilities_[place]) : make_facility<T>();
    }

    // Memory that calls read and write without an address crossing the boundary each time.
    int32_t register_slab(napi_value view);
    void replace_slab(int32_t index, napi_value view);
    // An address is the slab's index plus 4096 times the offset in bytes: one number for both.
    Bytes slab(double address, const char* name) const {
        const auto place = address >= 0 && address <= most_safe_integer
                               ? static_cast<uint64_t>(address)
                               : std::numeric_limits<uint64_t>::max();
        const uint64_t index = place % most_slabs;
        const uint64_t offset = place / most_slabs;
        if (index >= slabs_.size() || offset > slabs_[index].bytes.size()) {
            no_memory(name);
        }
        return slabs_[index].bytes.subspan(offset);
    }

    /// `deliver(count)` is called when waits have ended; how they ended stands in words(): 5 per
    /// end, the id, the result, the low and the high half of one number more, and how many
    /// microseconds the call took. `nothing` is a function that does nothing.
    void on_ends(Napi::Function deliver, Napi::Function nothing);
    [[nodiscard]] Napi::Int32Array words() const { return words_.Value(); }
    int32_t end_wait(int32_t id);

    /// Where quick calls find their numbers, and leave their answer.
    [[nodiscard]] double* call_words() const { return call_memory_; }
    [[nodiscard]] Napi::Float64Array call_view() const { return call_words_.Value(); }
    void ref();
    void unref();

    /// Whether a call that has no timeout may be made as it is, as long as no signal comes: the
    /// main thread need not look up from it.
    [[nodiscard]] bool may_just_block() const { return !in_worker_; }
    /// Blocks the calling thread. `signals`: EINTR ends the call, as in C. `interrupted`: the call
    /// has been made, and a signal has come.
    wait::Outcome block(wait::Operation& operation, Milliseconds timeout, bool signals,
                        bool interrupted = false);

    /// Calls JavaScript from the loop. False where it cannot run any more. An exception is reported
    /// as an uncaught one.
    bool call(const Napi::FunctionReference& function, std::initializer_list<napi_value> arguments);

    /// Cancels every wait and joins every thread; idempotent.
    void end() noexcept;

  private:
    template <typename T>
    [[gnu::noinline]] T& make_facility() {
        const size_t place = place_of<T>;
        if (place >= facilities_.size()) {
            facilities_.resize(place + 1);
        }
        facilities_[place] = std::make_unique<T>(*this);
        return static_cast<T&>(*facilities_[place]);
    }

    [[noreturn]] static void no_memory(const char* name);
    void deliver_ends();
    static void write_end(int32_t* words, const wait::Engine::End& end);
    bool going_on();

    static constexpr size_t most_slabs = 4096;
    static inline std::atomic<size_t> next_place{0};
    template <typename T>
    static inline const size_t place_of = next_place++;

    struct Slab {
        std::unique_ptr<Napi::ObjectReference> keep; // the memory's owner
        Bytes bytes;
    };

    napi_env env_;
    napi_threadsafe_function wake_ = nullptr; // first: its own clean-up hook must run after ours
    std::vector<std::unique_ptr<Signature>> signatures_;
    std::vector<Slab> slabs_;
    std::vector<std::unique_ptr<Facility>> facilities_;
    Napi::FunctionReference deliver_;
    Napi::FunctionReference nothing_;
    Napi::Reference<Napi::Int32Array> words_;
    Napi::Reference<Napi::Float64Array> call_words_;
    double* call_memory_ = nullptr;
    bool in_worker_ = false;
    int32_t references_ = 0;
    wait::Engine waits_; // last: ended first
};

template <>
inline Bytes from_word<Bytes>(Environment& environment, double word, const char* name) {
    return environment.slab(word, name);
}

} // namespace posix_ipc
