#include "core/wait/operation.h"

#include <unistd.h>

namespace posix_ipc::wait {

void give_back_soon(Operation& operation, const Outcome& outcome, int& tries_left) noexcept {
    constexpr int pause_us = 1000;
    while (!operation.give_back(outcome) && tries_left > 0) {
        tries_left--;
        usleep(pause_us);
    }
}

} // namespace posix_ipc::wait
