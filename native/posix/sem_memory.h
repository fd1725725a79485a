#pragma once

#include <memory>
#include <semaphore.h>
#include <string>
#include <sys/types.h>

namespace posix_ipc::posix {

/// A semaphore that somebody holds. The memory stays mapped as long as a handle, or a wait, does.
using SharedSemaphore = std::shared_ptr<sem_t>;

/// Of which kind the semaphore is that lies in memory. Whoever can write the memory can write
/// anything there, and libc ends the process when the kernel refuses what it finds: so each call
/// looks first.
enum class Kind { none, of_process, shared };
Kind kind_of(const sem_t* semaphore);

/// Whether this libc keeps a semaphore as lib/posix/semaphore-word.ts takes it to: glibc where
/// words have 64 bits and begin with their low half. Others count otherwise.
bool has_known_words();

/// What sem_open(3) is asked for.
struct Opening {
    bool create = false;
    bool exclusive = false;
    mode_t mode = 0;
    bool exact = false; ///< the mode as it is, whatever the umask
    unsigned value = 0;
};

struct Opened {
    int error = 0; ///< 0 or an errno
    SharedSemaphore semaphore = nullptr;
    dev_t device = 0;
    ino_t inode = 0;
};

/// Opens the semaphore file that sem_open(3) of this libc uses, and makes it as that does: under
/// another name first. So it appears whole, with its value and its mode.
Opened open_semaphore(const std::string& name, const Opening& opening);

/// 0 or an errno.
int unlink_semaphore(const std::string& name);

} // namespace posix_ipc::posix
