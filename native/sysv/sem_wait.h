#pragma once

#include <array>
#include <span>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <vector>

#include "core/system_call.h"
#include "core/wait/operation.h"

namespace posix_ipc::sysv {

/// The operations of a call. Few of them, as nearly always, need no memory from the heap.
class Sembufs {
  public:
    explicit Sembufs(size_t count) : count_(count) {
        if (count > few) {
            many_.resize(count);
        }
    }

    std::span<sembuf> all() { return {many_.empty() ? few_.data() : many_.data(), count_}; }
    /// Leaves the first ones.
    void shrink(size_t count) { count_ = count; }
    void add_flag(int flag) {
        for (auto& operation : all()) {
            operation.sem_flg = static_cast<short>(operation.sem_flg | flag);
        }
    }
    /// semop(2): 0 or a negated errno.
    int32_t perform(int set) {
        return static_cast<int32_t>(system_call(SYS_semop, set, all().data(), count_));
    }

  private:
    static constexpr size_t few = 4;
    size_t count_;
    std::array<sembuf, few> few_{};
    std::vector<sembuf> many_;
};

/// semop(2): a list of operations on one set, all at once or none.
///
/// A parked thread takes: the kernel hands a unit to those who sleep in the order in which they
/// came, at the instant of the post. A thread that only looked, and left the taking to the event
/// loop, would come too late again and again where others are quicker. What was taken for nobody
/// is undone by the opposite operations, with the same SEM_UNDO, so that the process's
/// adjustments come out even too.
class SemaphoreOperation : public wait::Operation {
  public:
    /// `waited`: the same call has been found to block before.
    SemaphoreOperation(int set, Sembufs operations, bool waited)
        : set_(set), operations_(std::move(operations)), waited_(waited) {}

    wait::Outcome block() override;
    [[nodiscard]] bool timed() const override { return true; }
    wait::Outcome block_until(wait::Clock::time_point look) override;
    wait::Outcome attempt() override;
    bool give_back(const wait::Outcome& outcome) noexcept override;

  private:
    int32_t answer(int32_t result);
    void invert();

    int set_;
    Sembufs operations_;
    bool waited_;
    bool inverted_ = false;
};

} // namespace posix_ipc::sysv
