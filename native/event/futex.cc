#include "event/futex.h"

#include <list>

#include "core/mapping.h"
#include "event/futex_group.h"
#include "event/futex_wait.h"

namespace posix_ipc::event {

namespace {

/// The promise forms of one environment: few threads for many waits, where the kernel can do that.
class FutexWaits : public Facility {
  public:
    explicit FutexWaits(Environment& environment) : engine_(environment.waits()) {}
    void end() noexcept override;

    /// The number of the wait, or a negated errno.
    int32_t start(Place place, Word expected);

  private:
    int find_group(GroupedWait& wait);

    wait::Engine& engine_;
    std::atomic<int> idle_{0};
    std::list<FutexGroup> groups_;
};

void FutexWaits::end() noexcept {
    groups_.clear();
}

int32_t FutexWaits::start(Place place, Word expected) {
    if (!has_futex_waitv()) {
        return engine_.start(std::make_unique<FutexWait>(std::move(place), expected));
    }
    auto wait = std::make_unique<GroupedWait>(std::move(place), expected);
    GroupedWait& grouped = *wait;
    const int32_t id = engine_.expect(std::move(wait));
    if (id < 0) {
        return id;
    }
    grouped.id = id;
    if (const int error = find_group(grouped); error != 0) {
        engine_.finish(id, {error, 0});
    }
    return id;
}

/// 0, or `no_thread`.
int FutexWaits::find_group(GroupedWait& wait) {
    groups_.remove_if([](FutexGroup& group) { return group.retired(); });
    for (FutexGroup& group : groups_) {
        if (group.add(wait)) {
            return 0;
        }
    }
    FutexGroup& group = groups_.emplace_back(engine_, idle_);
    group.add(wait);
    const int error = group.start();
    if (error != 0) {
        groups_.pop_back();
    }
    return error;
}

// ---- what JavaScript calls

Word* word_in(Mapping& mapping, size_t offset) {
    auto* word = reinterpret_cast<Word*>(mapping.part(offset, sizeof(Word)).data());
    if (reinterpret_cast<uintptr_t>(word) % sizeof(Word) != 0) {
        throw ArgumentError(ArgumentError::Kind::range, "byteOffset", "at a multiple of 4 bytes");
    }
    return word;
}

/// 0: the word holds what is expected; 1: it does not; or a negated errno.
int32_t futex_check(Environment& /*environment*/, Mapping* mapping, size_t offset, Key expected) {
    return compare(word_in(*mapping, offset), static_cast<Word>(expected.value));
}

/// Blocks this thread; no signal ends it.
int32_t futex_wait_for(Environment& environment, Mapping* mapping, size_t offset, Key expected,
                       Milliseconds timeout) {
    Word* word = word_in(*mapping, offset);
    const auto value = static_cast<Word>(expected.value);
    const bool just_blocks = environment.may_just_block() && !timeout.finite();
    const int32_t result = just_blocks ? wait_for_ever(word, value) : -EINTR;
    if (result != -EINTR) {
        return result;
    }
    FutexWait wait({mapping->use(), word}, value, just_blocks);
    return environment.block(wait, timeout, false, just_blocks).result;
}

int32_t futex_wait_start(Environment& environment, Mapping* mapping, size_t offset, Key expected) {
    Word* word = word_in(*mapping, offset);
    return environment.facility<FutexWaits>().start({mapping->use(), word},
                                                    static_cast<Word>(expected.value));
}

/// As futex_wait_start. Whoever is woken wakes all others that wait for the word.
int32_t futex_watch_start(Environment& environment, Mapping* mapping, size_t offset, Key expected) {
    Word* word = word_in(*mapping, offset);
    return environment.facility<FutexWaits>().start({mapping->use(), word, true},
                                                    static_cast<Word>(expected.value));
}

/// Looks again and again for a while, for the peer that answers faster than a thread wakes.
/// As futex_check.
int32_t futex_spin(Environment& environment, Mapping* mapping, size_t offset, Key expected,
                   Milliseconds how_long) {
    const auto end = wait::Clock::now() + how_long.duration();
    for (;;) {
        const int32_t result = futex_check(environment, mapping, offset, expected);
        if (result != 0 || wait::Clock::now() >= end) {
            return result;
        }
    }
}

/// How many were woken, or the negated errno.
int32_t futex_wake_some(Environment& /*environment*/, Mapping* mapping, size_t offset,
                        int32_t count) {
    return futex_wake(word_in(*mapping, offset), count);
}

} // namespace

void define_futex(Exports& exports) {
    exports.function<futex_check>("futexCheck", "mapping", "byteOffset", "expected");
    exports.quick<futex_wait_for>("futexWaitFor", "mapping", "byteOffset", "expected", "timeout");
    exports.function<futex_wait_start>("futexWaitStart", "mapping", "byteOffset", "expected");
    exports.function<futex_watch_start>("futexWatchStart", "mapping", "byteOffset", "expected");
    exports.function<futex_spin>("futexSpin", "mapping", "byteOffset", "expected", "howLong");
    exports.quick<futex_wake_some>("futexWake", "mapping", "byteOffset", "count");
}

} // namespace posix_ipc::event
