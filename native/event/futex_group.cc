#include "event/futex_group.h"

#include <algorithm>
#include <cerrno>
#include <unistd.h>

#include "core/wait/signal.h"
#include "core/wait/thread.h"

namespace posix_ipc::event {

namespace {

/// Between tries while the kernel has no memory.
constexpr int pause_us = 1000;

} // namespace

void GroupedWait::interrupt() {
    if (group_ != nullptr) {
        group_->cancel(*this);
    }
}

bool GroupedWait::give_back(const wait::Outcome& outcome) noexcept {
    if (outcome.result == woken) {
        futex_wake(place_.word, 1);
    }
    return true;
}

FutexGroup::~FutexGroup() {
    stop();
}

int FutexGroup::start() {
    const int error = wait::start_thread(thread_, stack_, wait::every_signal(), [this] { run(); });
    started_ = error == 0;
    return error;
}

bool FutexGroup::add(GroupedWait& wait) {
    const std::scoped_lock lock(mutex_);
    const bool waits_for_it = std::any_of(waits_.begin(), waits_.end(), [&](const auto* other) {
        return other->place_.word == wait.place_.word;
    });
    if (retired_ || stopping_ || waits_.size() == most_words || waits_for_it) {
        return false;
    }
    if (resting_) {
        resting_ = false;
        idle_--;
    }
    wait.group_ = this;
    waits_.push_back(&wait);
    poke();
    return true;
}

void FutexGroup::cancel(GroupedWait& wait) {
    const std::scoped_lock lock(mutex_);
    wait.cancelled_ = true;
    poke();
}

void FutexGroup::stop() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        poke();
    }
    if (std::exchange(started_, false)) {
        pthread_join(thread_, nullptr);
    }
}

bool FutexGroup::retired() {
    const std::scoped_lock lock(mutex_);
    return retired_;
}

/// Gets the thread out of the kernel; once until it has looked.
void FutexGroup::poke() {
    if (!std::exchange(poked_, true)) {
        ring(control_);
    }
}

void FutexGroup::run() {
    pthread_setname_np(pthread_self(), "posix-ipc futex");
    while (prepare()) {
        look_at(futex_waitv(waiters_));
    }
}

/// How a wait has ended, if it has. An abort does not undo a wake.
bool FutexGroup::is_over(const GroupedWait& wait, wait::Outcome& outcome) const {
    const bool unwanted = wait.cancelled_ || stopping_;
    if (wait.hit_) {
        outcome = {woken, 0};
        return true;
    }
    if (!compare_all_ && !unwanted) {
        return false;
    }
    const int result = compare(wait.place_.word, wait.expected_);
    if (result == not_equal) {
        outcome = {wait.armed_ ? woken : not_equal, 0};
        return true;
    }
    outcome = {result == 0 ? -ECANCELED : result, 0};
    return result != 0 || unwanted;
}

/// Tells the ends, and makes ready to wait for the rest. False: the thread has to end.
bool FutexGroup::prepare() {
    bool go_on = true;
    {
        const std::scoped_lock lock(mutex_);
        poked_ = false;
        waiters_.assign(1, waiter_for(reinterpret_cast<Word*>(&control_), control_, false));
        std::erase_if(waits_, [&](const GroupedWait* wait) {
            wait::Outcome outcome;
            const bool ended = is_over(*wait, outcome);
            if (ended) {
                if (outcome.result == woken) {
                    pass_on(wait->place_);
                }
                ends_.push_back({wait->id, outcome});
            }
            return ended;
        });
        waiting_ = waits_;
        go_on = !stopping_ && (!waits_.empty() || rest());
    }
    for (const GroupedWait* wait : waiting_) {
        waiters_.push_back(waiter_for(wait->place_.word, wait->expected_, true));
    }
    for (const End& end : ends_) {
        engine_.finish(end.id, end.outcome); // takes the engine's mutex: not under ours
    }
    ends_.clear();
    return go_on;
}

/// Without work: one thread stays for the next wait. False: there is one already.
bool FutexGroup::rest() {
    if (!resting_) {
        resting_ = ++idle_ <= most_idle;
        if (!resting_) {
            idle_--;
            retired_ = true;
        }
    }
    return resting_;
}

void FutexGroup::look_at(long result) {
    const bool slept = result >= 0 || result == -EINTR;
    if (slept) {
        for (GroupedWait* wait : waiting_) {
            wait->armed_ = true;
        }
    }
    if (result > 0) {
        waiting_[result - 1]->hit_ = true;
    }
    if (result == -ENOMEM) {
        usleep(pause_us);
    }
    // One word spoils the call for all, by its value or because its memory is gone. It may be the
    // control word only.
    compare_all_ = !slept && control_ == waiters_[0].expected;
}

} // namespace posix_ipc::event
