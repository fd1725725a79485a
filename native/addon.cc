// The table of contents: one line per facility.

#include "core/define.h"
#include "core/descriptor_calls.h"
#include "event/eventfd.h"
#include "event/futex.h"
#include "event/process.h"
#include "event/signal_queue.h"
#include "lock/barrier.h"
#include "lock/condition.h"
#include "lock/event.h"
#include "lock/file.h"
#include "lock/mutex.h"
#include "lock/once.h"
#include "lock/rwlock.h"
#include "memory/file.h"
#include "memory/mmap.h"
#include "memory/pages.h"
#include "posix/mq.h"
#include "posix/sem.h"
#include "posix/shm.h"
#include "posix/shm_name.h"
#include "stream/fifo.h"
#include "stream/pipe.h"
#include "stream/splice.h"
#include "sysv/key.h"
#include "sysv/msg.h"
#include "sysv/sem.h"
#include "sysv/shm.h"
#include "unix/calls.h"
#include "unix/message.h"
#include "unix/socket.h"

namespace posix_ipc {

namespace {

Napi::Object initialise(Napi::Env env, Napi::Object target) {
    Exports exports(Environment::create(env), target);
    core::define(exports);
    core::define_descriptors(exports);
    event::define_eventfd(exports);
    event::define_futex(exports);
    event::define_process(exports);
    event::define_signal_queue(exports);
    lock::define_barrier(exports);
    lock::define_condition(exports);
    lock::define_event(exports);
    lock::define_file(exports);
    lock::define_mutex(exports);
    lock::define_once(exports);
    lock::define_rwlock(exports);
    memory::define_file(exports);
    memory::define_mmap(exports);
    memory::define_pages(exports);
    posix::define_mq(exports);
    posix::define_sem(exports);
    posix::define_shm(exports);
    posix::define_shm_name(exports);
    stream::define_fifo(exports);
    stream::define_pipe(exports);
    stream::define_splice(exports);
    sysv::define_key(exports);
    sysv::define_msg(exports);
    sysv::define_sem(exports);
    sysv::define_shm(exports);
    unix_domain::define_calls(exports);
    unix_domain::define_message(exports);
    unix_domain::define_socket(exports);
    return target;
}

} // namespace

NODE_API_MODULE(posix_ipc, initialise)

} // namespace posix_ipc
