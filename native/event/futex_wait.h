#pragma once

#include "core/futex_word.h"
#include "core/region.h"
#include "core/wait/operation.h"

namespace posix_ipc::event {

/// A word, and the hold on its memory that a wait has.
struct Place {
    RegionUse use;
    Word* word;
    bool passes_on = false; // who is woken wakes all others
};

/// A wake is told to all where `place` says so: by who was told of it.
void pass_on(const Place& place);

/// Waits for a word however long: as FutexWait does, which is deeper, for a thread that need not
/// look up. -EINTR after a signal.
int32_t wait_for_ever(Word* word, Word expected);

/// futex(2), FUTEX_WAIT: for one thread. A wake that nobody is told of is passed on.
class FutexWait : public wait::Operation {
  public:
    /// `waited`: the same wait has begun before, and was interrupted.
    FutexWait(Place place, Word expected, bool waited = false)
        : place_(std::move(place)), expected_(expected), waited_(waited) {}
    wait::Outcome block() override;
    [[nodiscard]] bool timed() const override { return true; }
    wait::Outcome block_until(wait::Clock::time_point look) override;
    wait::Outcome attempt() override;
    bool give_back(const wait::Outcome& outcome) noexcept override;

  private:
    [[nodiscard]] wait::Outcome was_woken() const;

    Place place_;
    Word expected_;
    bool waited_;
};

} // namespace posix_ipc::event
