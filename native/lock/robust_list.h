#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "lock/mutex_word.h"

namespace posix_ipc::lock {

/// The kernel's list of the mutexes that the calling thread owns: when the thread dies, however,
/// the kernel marks each of them and wakes one that waits for it.
///
/// The list belongs to libc, which has its own robust mutexes in it, and so may another copy of
/// this addon. Ours stand together, between two entries that nobody locks: so each knows its
/// neighbours without a look at links in shared memory, where others may have written anything. The
/// links are written for the kernel alone; it follows at most 2048 of them.
class RobustList {
  public:
    /// For of_this_thread(): what libc has registered for it.
    explicit RobustList(robust_list_head* head);
    RobustList(const RobustList&) = delete;
    RobustList& operator=(const RobustList&) = delete;
    /// Of one that is empty, in its own thread.
    ~RobustList();

    /// nullptr: this libc has none, or one of another shape.
    static RobustList* of_this_thread();

    [[nodiscard]] uint32_t thread() const { return thread_; }
    [[nodiscard]] bool full() const { return ours_.size() >= most; }
    [[nodiscard]] bool empty() const { return ours_.empty(); }

    /// From here on the kernel also looks after one mutex that is not in the list; nullptr: none.
    /// Another thread may do it for one that sleeps.
    void announce(Mutex* mutex) { posix_ipc_announce(head_, mutex); }

    /// While this lives one is announced, because it is just being locked, unlocked or waited for.
    class Announcement {
      public:
        Announcement(RobustList& list, Mutex& mutex) : list_(list) { list_.announce(&mutex); }
        Announcement(const Announcement&) = delete;
        Announcement& operator=(const Announcement&) = delete;
        ~Announcement() { list_.announce(nullptr); }

      private:
        RobustList& list_;
    };

    void link(Mutex& mutex) {
        set(&mutex.next, link_to(end_));
        point(ours_.size(), link_to(mutex));
        ours_.push_back(&mutex);
    }

    /// False: it is not in the list. Mostly it is the last one.
    bool unlink(Mutex& mutex) {
        if (ours_.empty() || ours_.back() != &mutex) {
            return unlink_amid(mutex);
        }
        point(ours_.size() - 1, link_to(end_));
        ours_.pop_back();
        return true;
    }

  private:
    struct OfThread {
        OfThread() = default;
        OfThread(const OfThread&) = delete;
        OfThread& operator=(const OfThread&) = delete;
        ~OfThread();
        std::unique_ptr<RobustList> list;
    };

    static uint64_t link_to(Mutex& mutex) { return reinterpret_cast<uintptr_t>(&mutex.next); }

    /// Nobody but the kernel reads it, when this thread has died: the order is that of the program.
    static void set(uint64_t* link, uint64_t to) {
        std::atomic_signal_fence(std::memory_order_seq_cst);
        __atomic_store_n(link, to, __ATOMIC_RELAXED);
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }

    /// What precedes our entry of that place comes to point somewhere else.
    void point(size_t place, uint64_t to) {
        set(place > 0 ? &ours_[place - 1]->next : &begin_.next, to);
    }

    bool unlink_amid(Mutex& mutex);

    /// What the kernel follows at most (ROBUST_LIST_LIMIT); libc may have some.
    static constexpr size_t most = 2000;

    robust_list_head* head_;
    uint32_t thread_;
    Mutex begin_{};
    Mutex end_{};
    std::vector<Mutex*> ours_; // in the order of the list
};

} // namespace posix_ipc::lock
