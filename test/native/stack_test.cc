#include "stack_test.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <unistd.h>
#include <vector>

#include "core/wait/engine.h"
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

/// Says where the stack of its thread is, and waits until it is let go.
class Standing : public wait::Operation {
  public:
    Standing(std::atomic<const std::byte*>& place, const std::atomic<bool>& go)
        : place_(place), go_(go) {}
    wait::Outcome block() override {
        const std::byte here{};
        place_ = &here;
        place_.notify_one();
        go_.wait(false);
        return {0, 0};
    }

  private:
    std::atomic<const std::byte*>& place_;
    const std::atomic<bool>& go_;
};

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

void stacks_of_ended_threads_go() {
    begin_scenario("stacks of ended threads");
    constexpr size_t many = 300; // of which some that are idle, or the last to finish, keep theirs
    std::array<std::atomic<const std::byte*>, many> places{};
    std::atomic<bool> go = false;
    wait::Engine engine([] {});
    for (auto& place : places) {
        check(engine.start(std::make_unique<Standing>(place, go)) >= 0, "there is a thread");
    }
    for (auto& place : places) {
        place.wait(nullptr);
    }
    go = true;
    go.notify_all();
    check_soon([&] { return std::count_if(places.begin(), places.end(), can_be_read) < 250; },
               "the memory of threads that have ended is given back");
}

} // namespace posix_ipc::test
