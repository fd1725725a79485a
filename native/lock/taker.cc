#include "lock/taker.h"

#include <array>
#include <utility>

#include "core/wait/signal.h"
#include "core/wait/thread.h"
#include "core/wait/timespec.h"

namespace posix_ipc::lock {

namespace {

/// How long who lets others go first in a fair mutex does so.
constexpr std::chrono::milliseconds patience{1};

/// How often a thread looks up that cannot be woken by a word of its own.
constexpr std::chrono::milliseconds heartbeat{10};

} // namespace

bool TakerWait::give_back(const wait::Outcome& outcome) noexcept {
    if (outcome.result >= 0) {
        taker_.give_back();
    }
    return true;
}

int Taker::start() {
    const int error = wait::start_thread(thread_, stack_, wait::every_signal(), [this] { run(); });
    started_ = error == 0;
    idle_ += started_ ? 1 : 0;
    return error;
}

bool Taker::reserve() {
    const std::scoped_lock lock(mutex_);
    const bool free = phase_ == Phase::idle && !stopping_;
    if (free) {
        phase_ = Phase::reserved;
        cancelled_ = false;
        idle_--;
    }
    return free;
}

void Taker::begin(SharedMutex mutex, int32_t id) {
    {
        const std::scoped_lock lock(mutex_);
        wanted_ = std::move(mutex);
        id_ = id;
        phase_ = Phase::waiting;
        if (!wanted_) {
            rest();
        }
    }
    changed_.notify_one();
}

void Taker::cancel() {
    {
        const std::scoped_lock lock(mutex_);
        cancelled_ = true;
    }
    ring(control_);
}

int32_t Taker::hand_over(const SharedMutex& mutex) {
    std::unique_lock lock(mutex_);
    if (phase_ != Phase::taken || wanted_ != mutex) {
        return -EINVAL;
    }
    const int32_t error = take_over(*wanted_, list_->thread());
    if (error == 0) {
        list_->announce(nullptr);
        POSIX_IPC_STEP(unannounced);
        rest();
    } else {
        phase_ = Phase::returned;
    }
    const int32_t result = error == 0 ? result_ : error;
    const bool wakes = phase_ != Phase::idle;
    lock.unlock();
    if (wakes) {
        changed_.notify_one();
    }
    return result;
}

void Taker::give_back() {
    {
        const std::scoped_lock lock(mutex_);
        if (phase_ != Phase::taken) {
            return;
        }
        phase_ = Phase::returned;
    }
    changed_.notify_one();
}

void Taker::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    ring(control_);
    if (std::exchange(started_, false)) {
        pthread_join(thread_, nullptr);
    }
}

bool Taker::retired() {
    const std::scoped_lock lock(mutex_);
    return phase_ == Phase::retired;
}

void Taker::run() {
    pthread_setname_np(pthread_self(), "posix-ipc lock");
    RobustList* const list = RobustList::of_this_thread();
    while (next_job(list)) {
        tell(list == nullptr ? -ENOSYS : take_it(*list));
    }
}

/// Waits for work, and keeps meanwhile what was taken until somebody has it. False: the thread has
/// to end.
bool Taker::next_job(RobustList* list) {
    std::unique_lock lock(mutex_);
    list_ = list;
    for (;;) {
        if (phase_ == Phase::returned || (phase_ == Phase::taken && stopping_)) {
            let_go(*list);
        }
        if (phase_ == Phase::waiting) {
            return true; // also before an end: somebody waits for it
        }
        if (phase_ == Phase::retired || stopping_) {
            return false;
        }
        changed_.wait(lock);
    }
}

/// The job is done, and the announcement over. Ends the thread if there are enough without it.
void Taker::rest() {
    wanted_.reset();
    const bool stays = idle_ < most_idle;
    phase_ = stays ? Phase::idle : Phase::retired;
    idle_ += stays ? 1 : 0;
}

bool Taker::unwanted(Word& control) {
    const std::scoped_lock lock(mutex_);
    control = control_;
    return cancelled_ || stopping_;
}

/// In this thread's name, without its list: the announcement does for one, for as long as it has
/// it.
int32_t Taker::take_it(RobustList& list) {
    list.announce(wanted_.get());
    bool barging = false;
    bool counted = false;
    for (;;) {
        const int result =
            posix_ipc_mutex_take(wanted_.get(), list.thread(), static_cast<int>(barging));
        if (result != EBUSY) {
            return result == EOWNERDEAD ? taken_after_death : -result;
        }
        Word control = 0;
        if (unwanted(control)) {
            return -ECANCELED;
        }
        const uint32_t expected = posix_ipc_mutex_arrive(wanted_.get());
        if (expected == 0) {
            continue;
        }
        if (!std::exchange(counted, true)) {
            __atomic_fetch_add(&wanted_->contentions, 1, __ATOMIC_RELAXED);
        }
        const int why = sleep(expected, control);
        barging |= why == 0;
        if (why == -EFAULT) {
            return why;
        }
    }
}

/// 0: somebody has woken it, or it has let others go first for long enough.
int Taker::sleep(Word expected, Word control) {
    const bool yields = expected == FUTEX_WAITERS;
    if (!has_futex_waitv()) {
        const int result =
            futex_wait(&wanted_->word, expected,
                       wait::to_timespec(wait::Clock::now() + (yields ? patience : heartbeat)));
        return yields && result == -ETIMEDOUT ? 0 : result;
    }
    const std::array<Waiter, 2> waiters{
        waiter_for(reinterpret_cast<Word*>(&control_), control, false),
        waiter_for(&wanted_->word, expected, true)};
    const timespec until = wait::to_timespec(wait::Clock::now() + patience);
    const long result = futex_waitv(waiters, yields ? &until : nullptr);
    if (result >= 0) {
        return result == 1 ? 0 : -EAGAIN;
    }
    return yields && result == -ETIMEDOUT ? 0 : static_cast<int>(result);
}

/// How it ended. What was taken may have been handed over, and the next job begun, before this
/// returns; a wait that has failed is over first, so that nobody cancels the next job in its name.
void Taker::tell(int32_t result) {
    if (result >= 0) {
        const std::scoped_lock lock(mutex_);
        result_ = result;
        phase_ = Phase::taken;
    }
    engine_.finish(id_, {result, number_}); // takes the engine's mutex: not under ours
    if (result < 0) {
        const std::scoped_lock lock(mutex_);
        if (list_ != nullptr) {
            list_->announce(nullptr);
        }
        rest();
    }
}

/// What nobody wants any more.
void Taker::let_go(RobustList& list) {
    if (result_ == taken) {
        posix_ipc_mutex_free(wanted_.get(), list.thread());
    } else {
        posix_ipc_mutex_die(wanted_.get());
    }
    list.announce(nullptr);
    rest();
}

} // namespace posix_ipc::lock
