#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/wait/operation.h"

namespace posix_ipc::sysv {

/// Blocks until a message of the selector is there, and leaves it in the queue.
///
/// msgrcv(2) with room for 0 bytes blocks while nothing fits the selector, and answers E2BIG
/// without taking anything when a message with a payload is there: it is to a queue what poll(2)
/// is to a descriptor. So the parked thread never holds a message that could be lost with it.
/// Only an empty message fits into 0 bytes and is taken; it is given back if nobody wants it.
///
/// Results: `ready`, `took_empty` (extra: its type), or a negated errno.
class MessageArrival : public wait::Operation {
  public:
    static constexpr int32_t ready = 0;
    static constexpr int32_t took_empty = 1;

    MessageArrival(int queue, int64_t type, int flags)
        : queue_(queue), type_(type), flags_(flags) {}
    wait::Outcome block() override;
    bool give_back(const wait::Outcome& outcome) noexcept override;

  private:
    wait::Outcome receive_nothing(int more_flags);

    int queue_;
    int64_t type_;
    int flags_;
    bool waited_ = true; // it is started after a call that would have blocked
};

/// msgsnd(2) of a message in memory that outlives the operation.
class MessageSend : public wait::Operation {
  public:
    /// `waited`: the same call has been found to block before.
    MessageSend(int queue, const std::byte* message, size_t size, bool waited)
        : queue_(queue), message_(message), size_(size), waited_(waited) {}
    wait::Outcome block() override;

  private:
    int queue_;
    const std::byte* message_;
    size_t size_;
    bool waited_;
};

/// The same, of a message that it owns.
class OwnedMessageSend : public MessageSend {
  public:
    OwnedMessageSend(int queue, std::vector<std::byte> message, size_t size)
        : MessageSend(queue, message.data(), size, true), message_(std::move(message)) {}

  private:
    std::vector<std::byte> message_;
};

/// msgrcv(2) into memory that outlives the operation.
class MessageReceive : public wait::Operation {
  public:
    MessageReceive(int queue, std::byte* message, size_t size, int64_t type, int flags, bool waited)
        : queue_(queue), message_(message), size_(size), type_(type), flags_(flags),
          waited_(waited) {}
    wait::Outcome block() override;
    wait::Outcome attempt() override;
    bool give_back(const wait::Outcome& outcome) noexcept override;

  private:
    int queue_;
    std::byte* message_;
    size_t size_;
    int64_t type_;
    int flags_;
    bool waited_;
};

} // namespace posix_ipc::sysv
