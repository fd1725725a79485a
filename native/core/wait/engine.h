#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "core/wait/operation.h"

namespace posix_ipc::wait {

/// Runs operations that block, each on a parked thread of its own, and reports how they ended.
///
/// Rules that everything here follows:
/// - a wait has exactly one end: the operation's outcome, or -ECANCELED with nothing taken;
/// - an outcome that nobody collected before shut_down() is given back;
/// - `notify` is called when the list of ends becomes non-empty, never once per end.
///
/// Its functions are called by the thread that owns the engine.
class Engine {
  public:
    struct End {
        int32_t id = 0;
        Outcome outcome;
        std::chrono::microseconds waited{}; ///< from start() to the end of the call
    };

    explicit Engine(std::function<void()> notify);
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine();

    /// The id of the wait, or `no_thread`. It ends with `no_timer` where the kernel has none for
    /// its thread (RLIMIT_SIGPENDING).
    int32_t start(std::unique_ptr<Operation> operation);

    /// The id of a wait that somebody else runs and ends with finish(); until then the operation's
    /// interrupt() may be called. -ECANCELED after shut_down().
    int32_t expect(std::unique_ptr<Operation> operation);

    /// How such a wait has ended. The operation is not to be touched any more. From any thread.
    void finish(int32_t id, Outcome outcome);

    /// Asks a wait to end. It may still end with a result. False: there is no such wait.
    bool cancel(int32_t id);

    /// Cancels a wait and blocks until it has ended; it is not collected any more.
    End end(int32_t id);

    /// Tells up to `limit` ends. Their ids are not used again, and what they took is still given
    /// back by shut_down(), until settle() says that they have arrived.
    size_t collect(End* out, size_t limit);
    void settle();

    /// Ends every wait, joins every thread, gives back what was not collected. Who runs expected
    /// waits has ended them before.
    void shut_down() noexcept;

  private:
    struct Wait;
    struct Thread;

    void run(Thread& self);
    bool end_of(Wait& wait, Outcome outcome);
    int create_thread(Wait& wait);
    static void interrupt(Wait& wait);
    static void join(std::list<Thread>& threads);
    int32_t take_id();
    void free(Wait& wait);
    void give_back_all() noexcept;
    [[nodiscard]] bool known(int32_t id) const;

    static constexpr size_t most_idle_threads = 8;
    static constexpr size_t most_finished_threads = 16;

    std::function<void()> notify_;
    std::mutex mutex_;                         // guards all that follows
    std::vector<std::unique_ptr<Wait>> waits_; // by id
    std::vector<int32_t> free_ids_;
    std::deque<Wait*> ended_;
    std::vector<Wait*> collected_;
    std::condition_variable one_ended_; // for end()
    std::list<Thread> threads_;
    std::vector<Thread*> idle_;
    std::list<Thread> finished_; // to be joined by one that finishes after them
    bool stopping_ = false;
};

} // namespace posix_ipc::wait
