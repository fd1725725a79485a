#pragma once

#include <sys/sem.h>
#include <vector>

#include "core/wait/operation.h"

namespace posix_ipc::sysv {

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
    SemaphoreOperation(int set, std::vector<sembuf> operations, bool waited)
        : set_(set), operations_(std::move(operations)), waited_(waited) {}

    wait::Outcome block() override;
    [[nodiscard]] bool timed() const override { return true; }
    wait::Outcome block_until(wait::Clock::time_point look) override;
    wait::Outcome attempt() override;
    bool give_back(const wait::Outcome& outcome) noexcept override;

  private:
    int32_t answer(int result);
    void invert();

    int set_;
    std::vector<sembuf> operations_;
    bool waited_;
    bool inverted_ = false;
};

/// The operations with a flag added to each.
std::vector<sembuf> with_flag(std::vector<sembuf> operations, int flag);

} // namespace posix_ipc::sysv
