#pragma once

#include <cstdint>

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
    /// Sync forms. A negated errno.
    int room_changes();

    Fd fd;
    Fd room; ///< an epoll of its own, where one had to wait so
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

/// The descriptor of a handle; never nullptr.
template <>
Descriptor* convert<Descriptor*>(Environment& environment, napi_value value, const char* name);
template <>
Descriptor* from_word<Descriptor*>(Environment& environment, double word, const char* name);

} // namespace posix_ipc
