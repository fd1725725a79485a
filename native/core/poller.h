#pragma once

#include <cerrno>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include <napi.h>

#include "core/fd.h"

namespace posix_ipc {

/// What there is instead of ENOSPC, beyond every errno and what a wait that could not begin is told
/// by (native/core/wait/operation.h): fs.epoll.max_user_watches. JavaScript names the limit.
constexpr int no_watch = -4099;

/// What is told of a negated errno of epoll_ctl(2).
constexpr int watch_failure(int error) {
    return error == -ENOSPC ? no_watch : error;
}

/// What a descriptor can become ready for. Together they are a set of bits.
enum class Direction : int32_t { in = 1, out = 2 };

/// Tells on the loop of one environment which descriptors have become ready.
///
/// All of them are in one epoll instance, and that is the one descriptor that the loop watches: so
/// a file that libuv has already, or has never heard of, is watched like any other, and its flags
/// stay as they are. The watch of a descriptor outlives the wait: while traffic lasts, a wait costs
/// no system call. When it reports what nobody waits for, it is taken away.
class Poller {
  public:
    /// A descriptor's interest, kept by its owner.
    struct Watch {
        uint32_t armed = 0;  ///< what epoll has been asked for, in Direction bits
        uint32_t wanted = 0; ///< what somebody waits for
        /// There may be room, but not enough: a wait to write ends with each change, not as long
        /// as there is some (EPOLLET). Who has found no room before it waits misses none.
        bool room_by_change = false;
    };
    /// Something is ready: a key, and epoll's event bits.
    struct Event {
        uint64_t key;
        uint32_t bits;
    };

    /// `ready` is called by the loop, inside a callback scope.
    Poller(napi_env env, std::function<void(std::span<const Event>)> ready);
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;
    ~Poller();

    /// 0, or a negated errno: EPERM for what is always ready, such as a file. Or `no_watch`.
    int want(int fd, uint64_t key, Watch& watch, Direction direction);
    static void forget(Watch& watch, Direction direction);
    /// The event has come: which of the wanted directions it ends.
    uint32_t came(int fd, uint64_t key, Watch& watch, uint32_t bits);
    /// An event has come of what nobody knows any more.
    void strange() { stale_ = true; }
    /// Who closes a descriptor by its number, while somebody else keeps its file open, leaves an
    /// entry in the epoll that tells for ever and that nothing takes away. Then there is a new
    /// epoll, and true: every descriptor has to be watched again.
    bool renew();
    void watch_again(int fd, uint64_t key, Watch& watch);
    /// Before the descriptor is closed: another process may keep its file open, and epoll with it.
    void drop(int fd, Watch& watch);

  private:
    struct Loop;

    int open();
    int change(int fd, uint64_t key, Watch& watch, uint32_t directions);

    napi_env env_;
    std::function<void(std::span<const Event>)> ready_;
    Fd epoll_;
    bool stale_ = false;
    Loop* loop_ = nullptr; // it belongs to the loop, which closes it
};

} // namespace posix_ipc
