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

/// futex(2), FUTEX_WAIT: for one thread. A wake that nobody is told of is passed on.
class FutexWait : public wait::Operation {
  public:
    FutexWait(Place place, Word expected) : place_(std::move(place)), expected_(expected) {}
    wait::Outcome block() override;
    [[nodiscard]] bool timed() const override { return true; }
    wait::Outcome block_until(wait::Clock::time_point look) override;
    wait::Outcome attempt() override;
    bool give_back(const wait::Outcome& outcome) noexcept override;

  private:
    [[nodiscard]] wait::Outcome was_woken() const;

    Place place_;
    Word expected_;
    bool waited_ = false;
};

} // namespace posix_ipc::event
