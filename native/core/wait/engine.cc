#include "core/wait/engine.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <pthread.h>
#include <unistd.h>
#include <utility>

#include "core/wait/alarm.h"
#include "core/wait/signal.h"
#include "core/wait/thread.h"

namespace posix_ipc::wait {

struct Engine::Wait {
    Wait(int32_t number, std::unique_ptr<Operation> call)
        : id(number), operation(std::move(call)) {}

    int32_t id;
    std::unique_ptr<Operation> operation;
    std::atomic<bool> cancelled{false};
    bool is_over = false;
    bool is_told = false;
    Thread* thread = nullptr; // none where somebody else runs it
    Clock::time_point started = Clock::now();
    Clock::time_point ended;
    Outcome outcome;

    End told() {
        if (!std::exchange(is_told, true)) {
            outcome = operation->hand_over(outcome);
        }
        return {id, outcome,
                std::chrono::duration_cast<std::chrono::microseconds>(ended - started)};
    }
};

struct Engine::Thread {
    Engine* engine = nullptr;
    Wait* wait = nullptr; // what it runs now
    std::list<Thread>::iterator place;
    Stack stack = Stack::take();
    pthread_t handle{};
    std::atomic<Alarm*> alarm = nullptr; // none until the thread runs
    std::condition_variable wake_up;
};

namespace {

Outcome perform(Operation& operation, const std::atomic<bool>& cancelled) {
    while (!cancelled) {
        const Outcome outcome = operation.block();
        if (outcome.result != -EINTR) {
            return outcome;
        }
    }
    return {-ECANCELED, 0};
}

} // namespace

Engine::Engine(std::function<void()> notify) : notify_(std::move(notify)) {
    wake_signal();
}

Engine::~Engine() {
    shut_down();
}

int32_t Engine::start(std::unique_ptr<Operation> operation) {
    const std::scoped_lock lock(mutex_);
    if (stopping_) {
        return -ECANCELED;
    }
    const int32_t id = take_id();
    auto& wait = *(waits_[id] = std::make_unique<Wait>(id, std::move(operation)));
    if (idle_.empty()) {
        const int error = create_thread(wait);
        if (error != 0) {
            free(wait);
            return error;
        }
        return id;
    }
    Thread& thread = *idle_.back();
    idle_.pop_back();
    wait.thread = &thread;
    thread.wait = &wait;
    thread.wake_up.notify_one();
    return id;
}

int32_t Engine::expect(std::unique_ptr<Operation> operation) {
    const std::scoped_lock lock(mutex_);
    if (stopping_) {
        return -ECANCELED;
    }
    const int32_t id = take_id();
    waits_[id] = std::make_unique<Wait>(id, std::move(operation));
    return id;
}

void Engine::finish(int32_t id, Outcome outcome) {
    bool tell = false;
    {
        const std::scoped_lock lock(mutex_);
        tell = end_of(*waits_[id], outcome) && !stopping_;
    }
    if (tell) {
        notify_();
    }
}

bool Engine::cancel(int32_t id) {
    const std::scoped_lock lock(mutex_);
    if (!known(id)) {
        return false;
    }
    interrupt(*waits_[id]);
    return true;
}

Engine::End Engine::end(int32_t id) {
    std::unique_lock lock(mutex_);
    if (!known(id)) {
        return {id, {-ECANCELED, 0}, {}};
    }
    Wait& wait = *waits_[id];
    interrupt(wait);
    one_ended_.wait(lock, [&] { return wait.is_over; });
    std::erase(ended_, &wait);
    std::erase(collected_, &wait);
    const End told = wait.told();
    free(wait);
    return told;
}

size_t Engine::collect(End* out, size_t limit) {
    const std::scoped_lock lock(mutex_);
    size_t count = 0;
    for (; count < limit && !ended_.empty(); count++) {
        Wait& wait = *ended_.front();
        ended_.pop_front();
        collected_.push_back(&wait);
        out[count] = wait.told();
    }
    return count;
}

void Engine::settle() {
    const std::scoped_lock lock(mutex_);
    for (Wait* wait : collected_) {
        free(*wait);
    }
    collected_.clear();
}

void Engine::shut_down() noexcept {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
        for (auto& wait : waits_) {
            if (wait) {
                interrupt(*wait);
            }
        }
        for (auto& thread : threads_) {
            thread.wake_up.notify_one();
        }
    }
    join(threads_);
    join(finished_);
    idle_.clear();
    give_back_all();
    waits_.clear();
}

/// Nobody else knows of the waits any more: the threads have been joined.
void Engine::give_back_all() noexcept {
    int tries_left = most_tries_to_give_back;
    for (Wait* wait : collected_) {
        give_back_soon(*wait->operation, wait->outcome, tries_left);
    }
    for (Wait* wait : ended_) {
        give_back_soon(*wait->operation, wait->outcome, tries_left);
    }
    collected_.clear();
    ended_.clear();
}

void Engine::run(Thread& self) {
    pthread_setname_np(pthread_self(), "posix-ipc wait");
    // Its own from the start: a wait that has begun can be cancelled, whatever the limits are then.
    Alarm alarm(gettid());
    self.alarm = &alarm;
    // The first wait is its own since before it began: it need not get in the way of who makes
    // others.
    for (Wait* wait = self.wait; wait != nullptr;) {
        const Outcome outcome =
            alarm.error() == 0 ? perform(*wait->operation, wait->cancelled) : Outcome{no_timer, 0};
        std::unique_lock lock(mutex_);
        if (wait->cancelled) {
            alarm.silence();
        }
        self.wait = nullptr;
        const bool first = end_of(*wait, outcome);
        // One without a timer would fail what comes later, too, when the kernel has timers again.
        const bool usable = alarm.error() == 0;
        const bool stay = usable && !stopping_ && idle_.size() < most_idle_threads;
        std::list<Thread> before;
        if (stay) {
            idle_.push_back(&self);
        } else if (!stopping_) {
            if (finished_.size() == most_finished_threads) {
                before.swap(finished_);
            }
            finished_.splice(finished_.begin(), threads_, self.place);
        }
        const bool tell = first && !stopping_;
        lock.unlock(); // the owner, once told, takes the mutex at once
        if (tell) {
            notify_();
        }
        if (!stay) {
            join(before); // now and then, as it is in the way of who was told; never by the owner
            return;
        }
        lock.lock();
        self.wake_up.wait(lock, [&] { return self.wait != nullptr || stopping_; });
        wait = self.wait;
    }
}

/// Whether it is the first that nobody has been told of.
bool Engine::end_of(Wait& wait, Outcome outcome) {
    wait.is_over = true;
    wait.thread = nullptr;
    wait.outcome = outcome;
    wait.ended = Clock::now();
    ended_.push_back(&wait);
    one_ended_.notify_one();
    return ended_.size() == 1;
}

int Engine::create_thread(Wait& wait) {
    Thread& thread = threads_.emplace_back();
    thread.engine = this;
    thread.place = std::prev(threads_.end());
    thread.wait = &wait;
    wait.thread = &thread;

    const int error = start_thread(thread.handle, thread.stack, every_signal_but_wake(),
                                   [&thread] { thread.engine->run(thread); });
    if (error != 0) {
        threads_.pop_back();
    }
    return error;
}

/// The thread notices the flag before its next system call; the alarm gets it out of the one that
/// it is in. A thread that has not started yet needs no alarm: it shows its alarm before it looks
/// at the flag, and here it is the other way round, so that one of the two sees the other.
void Engine::interrupt(Wait& wait) {
    const bool again = wait.cancelled.exchange(true);
    if (again || wait.is_over) {
        return;
    }
    if (wait.thread == nullptr) {
        wait.operation->interrupt();
    } else if (Alarm* const alarm = wait.thread->alarm; alarm != nullptr) {
        alarm->ring_from(Clock::now());
    }
}

void Engine::join(std::list<Thread>& threads) {
    for (Thread& thread : threads) {
        pthread_join(thread.handle, nullptr);
    }
    threads.clear();
}

void Engine::free(Wait& wait) {
    const int32_t id = wait.id;
    free_ids_.push_back(id);
    waits_[id].reset();
}

bool Engine::known(int32_t id) const {
    return id >= 0 && static_cast<size_t>(id) < waits_.size() && waits_[id];
}

int32_t Engine::take_id() {
    if (free_ids_.empty()) {
        waits_.emplace_back();
        return static_cast<int32_t>(waits_.size() - 1);
    }
    const int32_t id = free_ids_.back();
    free_ids_.pop_back();
    return id;
}

} // namespace posix_ipc::wait
