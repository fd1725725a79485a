#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <pthread.h>

#include "core/futex_word.h"
#include "core/wait/engine.h"
#include "core/wait/stack.h"
#include "lock/mutex_wait.h"

namespace posix_ipc::lock {

/// A thread that takes mutexes for the thread of an environment, one after another.
///
/// The kernel looks after one mutex for each thread that is not in its list: the one that it waits
/// for. So there is a thread for each mutex that is waited for. It owns what it has taken until the
/// environment's thread takes it over, or lets it go: at each instant the word names a thread whose
/// death the kernel would act upon.
class Taker {
  public:
    /// `idle`: how many have nothing to do.
    Taker(wait::Engine& engine, std::atomic<int>& idle, int64_t number)
        : engine_(engine), idle_(idle), number_(number) {}
    Taker(const Taker&) = delete;
    Taker& operator=(const Taker&) = delete;
    ~Taker() { stop(); }

    /// 0, or `no_thread`.
    int start();
    /// False: it is busy, or has ended.
    bool reserve();
    /// Begins the wait of that number, after reserve(); nullptr: there is none after all.
    void begin(SharedMutex mutex, int32_t id);
    void cancel();
    /// The calling thread becomes the owner: what taking has answered, or a negated errno. The
    /// thread that took it sleeps on: nothing is left for it to do.
    int32_t hand_over(const SharedMutex& mutex);
    void give_back();
    /// Ends the wait, gives back what was taken, and ends the thread.
    void stop();
    /// Whether the thread ends for want of work.
    bool retired();
    [[nodiscard]] int64_t number() const { return number_; }

  private:
    enum class Phase { idle, reserved, waiting, taken, returned, retired };

    void run();
    bool next_job(RobustList* list);
    int32_t take_it(RobustList& list);
    void tell(int32_t result);
    void let_go(RobustList& list);
    void rest();
    bool unwanted(Word& control);
    int sleep(Word expected, Word control);

    static constexpr int most_idle = 4;

    wait::Engine& engine_;
    std::atomic<int>& idle_;
    int64_t number_;
    wait::Stack stack_ = wait::Stack::take();
    pthread_t thread_{};
    bool started_ = false;

    std::mutex mutex_; // guards these; who changes them wakes after it is unlocked
    std::condition_variable changed_;
    Phase phase_ = Phase::idle;
    bool cancelled_ = false;
    bool stopping_ = false;
    SharedMutex wanted_;
    int32_t id_ = -1;
    int32_t result_ = 0;
    RobustList* list_ = nullptr; // of the thread

    std::atomic<Word> control_{0}; // changes when there is something to look at
};

/// The wait of a promise, as the engine knows it.
class TakerWait : public wait::Operation {
  public:
    explicit TakerWait(Taker& taker) : taker_(taker) {}
    wait::Outcome block() override { return {-ENOSYS, 0}; } // nobody calls it
    void interrupt() override { taker_.cancel(); }
    bool give_back(const wait::Outcome& outcome) noexcept override;

  private:
    Taker& taker_;
};

} // namespace posix_ipc::lock
