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
    return error;
}

bool Taker::reserve() {
    const std::scoped_lock lock(mutex_);
    const bool free = phase_ == Phase::idle && !stopping_;
    if (free) {
        phase_ = Phase::reserved;
        cancelled_ = false;
    }
    return free;
}

void Taker::begin(SharedMutex mutex, int32_t id) {
    const std::scoped_lock lock(mutex_);
    wanted_ = std::move(mutex);
    id_ = id;
    phase_ = wanted_ ? Phase::waiting : Phase::idle;
    changed_.notify_one();
}

void Taker::cancel() {
    const std::scoped_lock lock(mutex_);
    cancelled_ = true;
    ring(control_);
}

int32_t Taker::hand_over(const SharedMutex& mutex) {
    const std::scoped_lock lock(mutex_);
    if (phase_ != Phase::taken || wanted_ != mutex) {
        return -EINVAL;
    }
    const int32_t error = take_over(*wanted_, thread_id_);
    phase_ = error == 0 ? Phase::handed : Phase::returned;
    changed_.notify_one();
    return error == 0 ? result_ : error;
}

void Taker::give_back() {
    const std::scoped_lock lock(mutex_);
    if (phase_ == Phase::taken) {
        phase_ = Phase::returned;
        changed_.notify_one();
    }
}

void Taker::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        changed_.notify_one();
        ring(control_);
    }
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
    do {
        if (!next_job()) {
            return;
        }
        if (list == nullptr) {
            engine_.finish(id_, {-ENOSYS, 0});
            continue;
        }
        const RobustList::Announcement announcement(*list, *wanted_);
        settle(*list, take_it(*list));
    } while (is_done());
}

/// Waits for work. False: the thread has to end.
bool Taker::next_job() {
    std::unique_lock lock(mutex_);
    idle_++;
    changed_.wait(lock, [this] { return phase_ == Phase::waiting || stopping_; });
    idle_--;
    // A job that came before the end is ended as one: somebody waits for it.
    return phase_ == Phase::waiting;
}

/// The job is. False: there are enough without this thread.
bool Taker::is_done() {
    const std::scoped_lock lock(mutex_);
    wanted_.reset();
    const bool stays = idle_ < most_idle;
    phase_ = stays ? Phase::idle : Phase::retired;
    return stays;
}

bool Taker::unwanted(Word& control) {
    const std::scoped_lock lock(mutex_);
    control = control_;
    return cancelled_ || stopping_;
}

/// In this thread's name, without its list: the announcement does for one.
int32_t Taker::take_it(RobustList& list) {
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

/// Tells how it ended, and keeps what was taken until somebody has it.
void Taker::settle(RobustList& list, int32_t result) {
    {
        const std::scoped_lock lock(mutex_);
        thread_id_ = list.thread();
        result_ = result;
        phase_ = result >= 0 ? Phase::taken : Phase::returned;
    }
    engine_.finish(id_, {result, number_}); // takes the engine's mutex: not under ours
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return phase_ != Phase::taken || stopping_; });
    if (result < 0 || phase_ == Phase::handed) {
        return;
    }
    phase_ = Phase::returned;
    if (result == taken) {
        posix_ipc_mutex_free(wanted_.get(), list.thread());
    } else {
        posix_ipc_mutex_die(wanted_.get());
    }
}

} // namespace posix_ipc::lock
