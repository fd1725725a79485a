#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "lock/mutex_word.h"

namespace posix_ipc::lock {

/// The kernel's list of the mutexes that the calling thread owns: when the thread dies, however,
/// the kernel marks each of them and wakes one that waits for it.
///
/// The list belongs to libc, which has its own robust mutexes in it. Ours stand behind those, so
/// that each knows its neighbours without a look at links in shared memory: others may have written
/// anything there. The links are written for the kernel alone; it follows at most 2048 of them.
class RobustList {
  public:
    /// For of_this_thread(): what libc has registered for it.
    explicit RobustList(robust_list_head* head);

    /// nullptr: this libc has none, or one of another shape.
    static RobustList* of_this_thread();

    [[nodiscard]] uint32_t thread() const { return thread_; }
    [[nodiscard]] bool full() const { return ours_.size() >= most; }

    /// While this lives the kernel also looks after one mutex that is not in the list, because it
    /// is just being locked, unlocked or waited for.
    class Announcement {
      public:
        Announcement(RobustList& list, Mutex& mutex) : list_(list) {
            posix_ipc_announce(list_.head_, &mutex);
        }
        Announcement(const Announcement&) = delete;
        Announcement& operator=(const Announcement&) = delete;
        ~Announcement() { posix_ipc_announce(list_.head_, nullptr); }

      private:
        RobustList& list_;
    };

    void link(Mutex& mutex);
    /// False: it is not in the list.
    bool unlink(Mutex& mutex);

  private:
    struct OfThread {
        OfThread() = default;
        OfThread(const OfThread&) = delete;
        OfThread& operator=(const OfThread&) = delete;
        ~OfThread();
        std::unique_ptr<RobustList> list;
    };

    [[nodiscard]] uint64_t end() const;
    void point(size_t place, uint64_t to);
    void point_last_of_libc(uint64_t from, uint64_t to);

    /// What the kernel follows at most (ROBUST_LIST_LIMIT); libc may have some.
    static constexpr size_t most = 2000;

    robust_list_head* head_;
    uint32_t thread_;
    std::vector<Mutex*> ours_; // in the order of the list
};

} // namespace posix_ipc::lock
