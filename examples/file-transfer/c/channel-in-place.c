/* Two channels in shared memory: docs/channel.md. Each message is read where it lies. */
#include "channels.h"

size_t transport_receive(long* type, const char** data) {
    struct posix_ipc_channel_message message;
    posix_ipc_receiver_release(&receiver); /* the one before, if there was one */
    check(posix_ipc_receiver_borrow(&receiver, &message, NULL), "borrow");
    *type = (long)message.type;
    *data = message.data;
    return message.length;
}
