#pragma once

#include <atomic>
#include <mutex>
#include <pthread.h>
#include <vector>

#include "core/wait/engine.h"
#include "core/wait/stack.h"
#include "event/futex_wait.h"

namespace posix_ipc::event {

class FutexGroup;

/// A wait for a word that shares its thread with others.
class GroupedWait : public wait::Operation {
  public:
    GroupedWait(Place place, Word expected) : place_(std::move(place)), expected_(expected) {}
    wait::Outcome block() override { return {-ENOSYS, 0}; } // nobody calls it
    void interrupt() override;
    bool give_back(const wait::Outcome& outcome) noexcept override;

    /// By which the engine knows it.
    int32_t id = -1;

  private:
    friend class FutexGroup;

    Place place_;
    Word expected_;
    FutexGroup* group_ = nullptr;
    bool cancelled_ = false; // guarded by the group's mutex
    bool armed_ = false;     // the kernel had it in a queue before; these two are the thread's
    bool hit_ = false;       // the kernel says that it was woken
};

/// One thread that waits for up to 127 different words, each an entry of its own in the kernel's
/// queues: so wake() counts right, and wakes one of those who wait for the same word.
///
/// futex_waitv(2) tells one word that was woken, and leaves the queues of all. What was woken
/// meanwhile is found by its value when it goes back into the queue: it is not the expected one.
class FutexGroup {
  public:
    /// `idle`: how many groups wait for nothing.
    FutexGroup(wait::Engine& engine, std::atomic<int>& idle) : engine_(engine), idle_(idle) {}
    FutexGroup(const FutexGroup&) = delete;
    FutexGroup& operator=(const FutexGroup&) = delete;
    ~FutexGroup();

    /// 0, or the errno of pthread_create.
    int start();

    /// False: it is full, waits for that word already, or is about to end.
    bool add(GroupedWait& wait);
    void cancel(GroupedWait& wait);

    /// Ends all waits, and then the thread.
    void stop();

    /// Whether the thread has ended for want of work.
    bool retired();

  private:
    struct End {
        int32_t id = -1;
        wait::Outcome outcome;
    };

    void run();
    bool prepare();
    void look_at(long result);
    [[nodiscard]] bool rest();
    void poke();
    bool is_over(const GroupedWait& wait, wait::Outcome& outcome) const;

    static constexpr size_t most_words = most_waiters - 1; // the other is the control word
    static constexpr int most_idle = 1;

    wait::Engine& engine_;
    std::atomic<int>& idle_;
    wait::Stack stack_ = wait::Stack::take();
    pthread_t thread_{};
    bool started_ = false;

    std::mutex mutex_; // guards these
    std::vector<GroupedWait*> waits_;
    bool poked_ = false;
    bool resting_ = false;
    bool stopping_ = false;
    bool retired_ = false;

    std::atomic<Word> control_{0}; // changes when there is something to look at

    std::vector<GroupedWait*> waiting_; // these are the thread's
    std::vector<Waiter> waiters_;
    std::vector<End> ends_;
    bool compare_all_ = false;
};

} // namespace posix_ipc::event
