#include "stack_test.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

#include "core/wait/stack.h"
#include "support.h"

namespace posix_ipc::test {

namespace {

using wait::Stack;

/// Whether the kernel can read a byte: it answers EFAULT where a thread would get SIGSEGV.
bool can_be_read(const std::byte* place) {
    static const int pipe_end = [] {
        int ends[2]{};
        check(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0, "a pipe");
        return ends[1];
    }();
    return write(pipe_end, place, 1) == 1 || errno != EFAULT;
}

} // namespace

void stacks_are_guarded_and_used_again() {
    begin_scenario("stacks");
    constexpr size_t many = 100;
    std::vector<std::byte*> places;
    {
        std::vector<Stack> stacks;
        for (size_t i = 0; i < many; i++) {
            const auto memory = stacks.emplace_back(Stack::take()).memory();
            check(!memory.empty(), "there is memory for a stack");
            memory.front() = memory.back() = std::byte{1};
            check(!can_be_read(memory.data() - 1), "a guard below");
            places.push_back(memory.data());
        }
        std::sort(places.begin(), places.end());
        for (size_t i = 1; i < many; i++) {
            check(places[i] - places[i - 1] > 128 * 1024, "a stack is nobody else's");
        }
    }
    const auto kept = std::count_if(places.begin(), places.end(), can_be_read);
    check(kept < 50, "the memory of most is given back");
    const Stack again = Stack::take();
    check(std::binary_search(places.begin(), places.end(), again.memory().data()),
          "a stack is used again");
}

} // namespace posix_ipc::test
