#pragma once

#include <atomic>
#include <memory>

#include "core/wait/operation.h"

namespace posix_ipc::test {

/// Something that operations wait for and take one unit of: a token, a message, room for one.
///
/// It counts every unit, so that at the end each can be accounted for: it was taken and collected,
/// taken and given back, or it is still there.
class Resource {
  public:
    explicit Resource(bool returns) : returns_(returns) {}
    Resource(const Resource&) = delete;
    Resource& operator=(const Resource&) = delete;
    virtual ~Resource() = default;

    /// A blocking call that takes one unit.
    std::unique_ptr<wait::Operation> operation();

    /// Makes one unit more, if there is room for it now.
    void supply();

    /// The owner of an engine has an outcome in hands.
    void collect(const wait::Outcome& outcome);

    /// Each take was collected or given back, once; nothing else is missing.
    void check_balance() const;

  protected:
    virtual std::unique_ptr<wait::Operation> make_operation() = 0;
    /// Whether there was room.
    virtual bool make_one() = 0;
    /// Whether an outcome means that a unit was taken.
    [[nodiscard]] virtual bool took(const wait::Outcome& outcome) const = 0;
    /// The outcome tells that a unit is there, and left it: takes it, if it still is.
    virtual bool take_announced(const wait::Outcome& /*outcome*/) { return false; }
    [[nodiscard]] virtual int64_t left() const = 0;

  private:
    friend class Counted;

    bool returns_; // giving back makes the unit available again
    std::atomic<int64_t> supplied_{0};
    std::atomic<int64_t> taken_{0};
    std::atomic<int64_t> collected_{0};
    std::atomic<int64_t> given_back_{0};
    std::atomic<int64_t> alive_{0};
};

/// Tokens in an eventfd(2) that works as a semaphore.
std::unique_ptr<Resource> tokens_in_eventfd();

/// Tokens in a word of memory, waited for with futex(2).
std::unique_ptr<Resource> tokens_in_futex();

/// Bytes in a pipe(7).
std::unique_ptr<Resource> bytes_in_pipe();

/// Messages, empty and not, in a System V queue, waited for as the package does.
std::unique_ptr<Resource> messages_in_queue();

/// Units of a System V semaphore, which a post with SEM_UNDO gives and a wait with it takes.
std::unique_ptr<Resource> units_in_semaphore();

/// Room in a full System V queue, taken by sending.
std::unique_ptr<Resource> room_in_queue();

} // namespace posix_ipc::test
