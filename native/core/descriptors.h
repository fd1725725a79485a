#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "core/environment.h"
#include "core/fd.h"
#include "core/handles.h"
#include "core/poller.h"

namespace posix_ipc {

/// A descriptor that JavaScript knows by a handle.
struct Descriptor {
    explicit Descriptor(Fd&& owned) : fd(std::move(owned)) {}

    [[nodiscard]] int number() const { return fd.get(); }
    /// The number of what becomes readable with each change of room, until it is looked at: for
    /// Sync forms. A negated errno, or `no_watch`.
    int room_changes();

    Fd fd;
    Fd apart; ///< the same pipe, opened a second time, for what must not block
    Fd room;  ///< an epoll of its own, where one had to wait so
    Poller::Watch watch;
    bool answers_at_once = false; ///< its open file has O_NONBLOCK, and nobody else has it
};

/// The descriptors of one environment, by handle; closed with it.
class Descriptors : public Facility {
  public:
    explicit Descriptors(Environment& environment);

    /// The handle; -EMFILE where there are too many.
    int32_t add(Fd fd);
    /// Whether one of them has the number.
    bool owns(int fd);
    /// ArgumentError if there is none. Valid until the next one is added.
    Descriptor& at(int32_t handle, const char* name);
    /// Gives it back, still open.
    Fd remove(int32_t handle, const char* name);

    // One wait for each direction: what JavaScript is told of is no longer waited for.
    int want(int32_t handle, Direction direction);
    void forget(int32_t handle, Direction direction);

    /// `ready(count)` is called with two words for each descriptor: its handle, and what it is
    /// ready for.
    void on_ready(Napi::Function ready) { ready_ = Napi::Persistent(ready); }
    [[nodiscard]] Napi::Int32Array words() const { return words_.Value(); }

  private:
    void tell(std::span<const Poller::Event> events);

    Environment& environment_;
    Handles<Descriptor> descriptors_;
    Poller poller_;
    Napi::FunctionReference ready_;
    Napi::Reference<Napi::Int32Array> words_;
};

/// The handle of what was just opened; or the negated errno that there is instead of a number.
int32_t adopted(Environment& environment, int32_t opened);

/// The same for two numbers, whose handles go into `handles`: 0, or a negated errno.
int32_t adopted(Environment& environment, const std::array<int, 2>& opened, const Bytes& handles);

template <auto Open>
struct Owning;

template <typename... A, int32_t (*Open)(Environment&, A...)>
struct Owning<Open> {
    static int32_t call(Environment& environment, A... arguments) {
        return adopted(environment, Open(environment, std::forward<A>(arguments)...));
    }
};

/// A call that opens a descriptor, as one that answers its handle. A worker can be ended between
/// any two calls of its own: what was opened must belong to its environment before that.
template <auto Open>
constexpr auto owning = Owning<Open>::call;

/// The descriptor of a handle; never nullptr.
template <>
Descriptor* convert<Descriptor*>(Environment& environment, napi_value value, const char* name);
template <>
Descriptor* from_word<Descriptor*>(Environment& environment, double word, const char* name);

} // namespace posix_ipc
