#pragma once

#include <memory>
#include <vector>

#include "resources.h"
#include "support.h"

namespace posix_ipc::test {

/// Everything there is to wait for, shared by all engines of a storm.
using Market = std::vector<std::unique_ptr<Resource>>;

/// How the owner of an engine ends its storm.
enum class Ending { at_once, after_cancelling_all, before_ends_have_arrived };

/// One engine and its owner: starts, cancels, ends and collects waits at random, so many times.
void storm(Market& market, Random random, int steps, Ending ending);

} // namespace posix_ipc::test
