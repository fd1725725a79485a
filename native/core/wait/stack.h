#pragma once

#include <cstddef>
#include <span>

namespace posix_ipc::wait {

/// Memory for the stack of a thread of our own, with a guard page below it.
///
/// Many of them lie in one mapping, and are used again: on a virtual machine a mapping, a guard and
/// each new page cost several times as much as to make the thread. From any thread.
class Stack {
  public:
    Stack() = default;
    /// None where there is no memory.
    static Stack take();

    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;
    Stack(Stack&& other) noexcept;
    Stack& operator=(Stack&& other) noexcept;
    /// The thread has been joined.
    ~Stack();

    /// Without the guard; empty where there is none.
    [[nodiscard]] std::span<std::byte> memory() const { return memory_; }

  private:
    explicit Stack(std::span<std::byte> memory) : memory_(memory) {}

    std::span<std::byte> memory_;
};

} // namespace posix_ipc::wait
