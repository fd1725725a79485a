/* Where a channel lies: the layout, and channels in this process. A part of channel.h; the layout
 * and the protocol: docs/channel.md. Each function answers 0 or an errno. */
#ifndef POSIX_IPC_CHANNEL_PLACE_H
#define POSIX_IPC_CHANNEL_PLACE_H

#include <posix-ipc/channel_shape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the layout: 768 bytes at a multiple of 64, then the ring; of one that grows: 768 bytes,
 * guards, the table, and at 65536 the ring; of each sender, one behind the other. Behind the last
 * ring the slots of receivers: the first one's is in the first lane. */

#define POSIX_IPC_CHANNEL_MAGIC 0x48434950u /* "PICH" */
#define POSIX_IPC_CHANNEL_LEAST POSIX_IPC_RING_LEAST
#define POSIX_IPC_CHANNEL_MOST POSIX_IPC_RING_MOST

/* Of a ring that grows: where its first segment is, and where its table is. A position lies in the
 * segment whose number the table has for it: a word for each segment. The sender writes it before
 * it publishes anything there, and not again before all there is received: relaxed. */
#define POSIX_IPC_CHANNEL_SEGMENTS 65536u
#define POSIX_IPC_CHANNEL_TABLE 1024u

struct posix_ipc_channel_position {
    /* Behind the last record that its end has written, or read. Only that end stores it, when it is
     * done with the bytes before it: with release, so that the other end, which loads it with
     * acquire, sees the records, or writes over them only after they were read. The store is
     * sequentially consistent because of the bell, below. */
    uint32_t position;
    /* Messages up to there: statistics, which nobody's progress depends on; relaxed. */
    uint32_t count;
    /* What both are going to be: relaxed, as they are only read where their end has died. */
    uint32_t next_position, next_count;
    /* The most bytes that this end has found waiting: statistics, as messages that were dropped,
     * which are the sender's. Without capacity the first receiver has `waits` there: 1 while a call
     * waits for a message. */
    uint32_t high_water;
    union {
        uint32_t dropped, waits;
    };
    /* Of the sender: the segments that have memory: statistics. */
    uint32_t reserved;
    /* The thread of a receiver that has the sender's role only to give memory back: see
     * posix_ipc_sender_open(). Stored before it takes the role, and 0 after it has left it. */
    uint32_t tidies;
    unsigned char unused[96];
};

struct posix_ipc_channel_bell {
    /* 1: the end sleeps here, or is about to. It stores 1, then loads the position of the other
     * end, which stores its position, then loads the bell. All four are sequentially consistent, so
     * one of the two sees what the other has stored: release and acquire alone would let each load
     * what was there before. Who rings stores 0, and wakes. */
    uint32_t sleeps;
    unsigned char unused[124];
};

struct posix_ipc_channel_head {
    uint32_t magic; /* stored last, with release: who loads it, with acquire, sees the rest */
    uint32_t layout;
    uint32_t capacity; /* never changes, as the layout: plain */
    uint32_t full, rendezvous, senders, receivers, segment, temporary; /* see channel_shape.h */
    uint32_t options[7];                                               /* nobody knows any */
    struct posix_ipc_mutex sender_role, receiver_role;
    unsigned char unused_too[64];
    struct posix_ipc_channel_position head, tail;
    struct posix_ipc_channel_bell receiver_bell, sender_bell;
};

/* Of any receiver but the first. */
struct posix_ipc_channel_slot {
    struct posix_ipc_mutex role;
    uint32_t waits; /* as of the first */
    unsigned char unused[60];
};

typedef char posix_ipc_channel_is_laid_out[offsetof(struct posix_ipc_channel_head, head) == 256 &&
                                                   offsetof(struct posix_ipc_channel_head,
                                                            receiver_bell) == 512 &&
                                                   sizeof(struct posix_ipc_channel_head) == 768 &&
                                                   sizeof(struct posix_ipc_channel_slot) == 128
                                               ? 1
                                               : -1];

/* ---- a channel in this process */

struct posix_ipc_channel {
    struct posix_ipc_channel_head* head;
    uint32_t capacity;                    /* of each ring. Checked: in the memory it may change */
    struct posix_ipc_channel_shape shape; /* so is this */
    uint32_t piece; /* bytes of a ring that lie in one piece: all, or a segment */
    void* mapped;   /* by what is to be unmapped; NULL: nothing */
    size_t bytes;
    struct posix_ipc_name name; /* of a temporary one that was opened by name */
};

/* What a lane takes of memory. */
static inline size_t posix_ipc_channel_lane_bytes(uint32_t capacity,
                                                  const struct posix_ipc_channel_shape* shape) {
    return capacity + (shape->segment == 0 ? sizeof(struct posix_ipc_channel_head)
                                           : POSIX_IPC_CHANNEL_SEGMENTS);
}

/* What it takes of memory. */
static inline size_t posix_ipc_channel_bytes(uint32_t capacity,
                                             const struct posix_ipc_channel_shape* shape) {
    return shape->senders * posix_ipc_channel_lane_bytes(capacity, shape) +
           (shape->receivers - 1) * sizeof(struct posix_ipc_channel_slot);
}

/* Of a sender: its role, its positions and its bell; the ring is behind. The first is the head. */
static inline struct posix_ipc_channel_head*
posix_ipc_channel_lane(const struct posix_ipc_channel* channel, uint32_t sender) {
    const size_t bytes = posix_ipc_channel_lane_bytes(channel->capacity, &channel->shape);
    return (struct posix_ipc_channel_head*)(void*)((unsigned char*)channel->head + sender * bytes);
}

/* Of any receiver but the first. */
static inline struct posix_ipc_channel_slot*
posix_ipc_channel_slot_at(const struct posix_ipc_channel* channel, uint32_t receiver) {
    void* slots = posix_ipc_channel_lane(channel, channel->shape.senders);
    return (struct posix_ipc_channel_slot*)slots + (receiver - 1);
}

static inline struct posix_ipc_mutex*
posix_ipc_channel_role(const struct posix_ipc_channel* channel, int sends, uint32_t at) {
    if (sends)
        return &posix_ipc_channel_lane(channel, at)->sender_role;
    return at == 0 ? &channel->head->receiver_role : &posix_ipc_channel_slot_at(channel, at)->role;
}

/* Where a receiver says, without capacity, that a call waits. */
static inline uint32_t* posix_ipc_channel_waits(const struct posix_ipc_channel* channel,
                                                uint32_t receiver) {
    return receiver == 0 ? &channel->head->tail.waits
                         : &posix_ipc_channel_slot_at(channel, receiver)->waits;
}

/* A new channel of a shape in memory that nobody else uses yet, of posix_ipc_channel_bytes(): 0;
 * EINVAL: the capacity is no power of two, or not from 1 KiB to 1 GiB; or the shape cannot be. */
static inline int posix_ipc_channel_init_shape(struct posix_ipc_channel_head* head,
                                               uint32_t capacity,
                                               const struct posix_ipc_channel_shape* shape,
                                               uint64_t id) {
    struct posix_ipc_channel made;
    memset(&made, 0, sizeof made);
    made.head = head;
    made.capacity = capacity;
    made.shape = *shape;
    if (!posix_ipc_ring_is_capacity(capacity, capacity) || shape->senders - 1 > 63 ||
        shape->receivers - 1 > 63 || shape->full > POSIX_IPC_CHANNEL_DROP_OLDEST ||
        !posix_ipc_channel_shape_fits(shape, capacity))
        return EINVAL;
    for (uint32_t i = 0; i < shape->senders; i++) {
        struct posix_ipc_channel_head* lane = posix_ipc_channel_lane(&made, i);
        memset(lane, 0,
               shape->segment == 0 ? sizeof *lane
                                   : POSIX_IPC_CHANNEL_TABLE + 4 * (capacity / shape->segment));
        posix_ipc_mutex_init(&lane->sender_role, 0, id++);
        posix_ipc_mutex_init(&lane->receiver_role, 0, id++);
    }
    for (uint32_t i = 1; i < shape->receivers; i++) {
        struct posix_ipc_channel_slot* slot = posix_ipc_channel_slot_at(&made, i);
        memset(slot, 0, sizeof *slot);
        posix_ipc_mutex_init(&slot->role, 0, id++);
    }
    posix_ipc_channel_shape_write((uint32_t*)(void*)head, shape);
    head->capacity = capacity;
    __atomic_store_n(&head->magic, POSIX_IPC_CHANNEL_MAGIC, __ATOMIC_RELEASE);
    return 0;
}

/* The same, of one sender, that waits, and one receiver: 768 bytes and the capacity. */
static inline void posix_ipc_channel_init(struct posix_ipc_channel_head* head, uint32_t capacity,
                                          uint64_t id) {
    const struct posix_ipc_channel_shape usual = {POSIX_IPC_CHANNEL_WAIT, 0, 1, 1, 0, 0};
    posix_ipc_channel_init_shape(head, capacity, &usual, id);
}

/* The channel in memory of so many bytes: 0; EINVAL: there is none. EPROTO: it has a layout, or
 * options, that this header does not know. EBADMSG: it does not fit into its memory. */
static inline int posix_ipc_channel_at(struct posix_ipc_channel* channel, void* memory,
                                       size_t bytes) {
    struct posix_ipc_channel_head* head = (struct posix_ipc_channel_head*)memory;
    channel->mapped = NULL; /* for who closes what is none */
    channel->bytes = 0;
    channel->name.fd = -1;
    if ((uintptr_t)memory % 64 != 0 || bytes < sizeof *head ||
        __atomic_load_n(&head->magic, __ATOMIC_ACQUIRE) != POSIX_IPC_CHANNEL_MAGIC)
        return EINVAL;
    struct posix_ipc_channel_shape shape;
    const int result = posix_ipc_channel_shape_read((const uint32_t*)memory, &shape);
    if (result != 0)
        return result;
    const uint32_t capacity = __atomic_load_n(&head->capacity, __ATOMIC_RELAXED);
    if (!posix_ipc_ring_is_capacity(capacity, bytes) ||
        posix_ipc_channel_bytes(capacity, &shape) > bytes ||
        !posix_ipc_channel_shape_fits(&shape, capacity))
        return EBADMSG;
    channel->head = head;
    channel->capacity = capacity;
    channel->shape = shape;
    channel->piece = shape.segment == 0 ? capacity : shape.segment;
    return 0;
}

/* The channel at an offset of what can be mapped, such as a memfd, which can be closed afterwards.
 * Errors: also those of fstat(2) and mmap(2). */
static inline int posix_ipc_channel_open_fd(struct posix_ipc_channel* channel, int fd,
                                            size_t offset) {
    void* mapped;
    size_t bytes;
    channel->mapped = NULL; /* for who closes what could not be opened */
    channel->name.fd = -1;
    int result = posix_ipc_ring_map(fd, offset, &mapped, &bytes);
    if (result != 0)
        return result;
    result = posix_ipc_channel_at(channel, (unsigned char*)mapped + offset, bytes - offset);
    if (result != 0) {
        posix_ipc_ring_unmap(&mapped, bytes);
        return result;
    }
    channel->mapped = mapped;
    channel->bytes = bytes;
    return 0;
}

/* Its ends must be closed before. The last one who closes a temporary one removes its name. */
static inline void posix_ipc_channel_close(struct posix_ipc_channel* channel) {
    posix_ipc_ring_unmap(&channel->mapped, channel->bytes);
    posix_ipc_name_leave(&channel->name);
}

/* The channel of a name; 'x' is '/x'. Errors: also those of shm_open(3), and, of a temporary one,
 * of posix_ipc_name_join(). */
static inline int posix_ipc_channel_open(struct posix_ipc_channel* channel, const char* name) {
    int fd;
    channel->mapped = NULL;
    channel->name.fd = -1;
    const int error = posix_ipc_ring_open(name, &fd);
    if (error != 0)
        return error;
    int result = posix_ipc_channel_open_fd(channel, fd, 0);
    if (result == 0 && channel->shape.temporary) {
        result = posix_ipc_name_join(&channel->name, fd, name);
        if (result == 0)
            return 0; /* which keeps the descriptor */
        posix_ipc_channel_close(channel);
    }
    close(fd);
    return result;
}

#ifdef __cplusplus
}
#endif

#endif
