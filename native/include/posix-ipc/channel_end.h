/* What channel.h is made of below its senders and receivers: the layout, channels in this process,
 * and how an end publishes and waits. The layout and the protocol: docs/channel.md. Each function
 * answers 0 or an errno. */
#ifndef POSIX_IPC_CHANNEL_END_H
#define POSIX_IPC_CHANNEL_END_H

#include <posix-ipc/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the layout: 768 bytes at a multiple of 64, then the ring; of one that grows: 768 bytes,
 * words for receivers that this header does not know, the table, and at 65536 the ring */

#define POSIX_IPC_CHANNEL_MAGIC 0x48434950u /* "PICH" */
#define POSIX_IPC_CHANNEL_LAYOUT 1u
/* Of channels with options that must be known: `full`, `segment`. */
#define POSIX_IPC_CHANNEL_SHAPED_LAYOUT 2u
#define POSIX_IPC_CHANNEL_LEAST POSIX_IPC_RING_LEAST
#define POSIX_IPC_CHANNEL_MOST POSIX_IPC_RING_MOST

/* Of a ring that grows: where its first segment is, and where its table is. A position lies in the
 * segment whose number the table has for it: a word for each segment. The sender writes it before
 * it publishes anything there, and not again before all there is received: relaxed. */
#define POSIX_IPC_CHANNEL_SEGMENTS 65536u
#define POSIX_IPC_CHANNEL_TABLE 1024u
#define POSIX_IPC_CHANNEL_LEAST_SEGMENT 4096u
#define POSIX_IPC_CHANNEL_FEWEST_SEGMENTS 4u
#define POSIX_IPC_CHANNEL_MOST_SEGMENTS 4096u

/* Bytes of a record before its message. */
#define POSIX_IPC_CHANNEL_RECORD 8u

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
    /* The most bytes that this end has found waiting; of the sender, the messages that were
     * dropped: statistics. */
    uint32_t high_water, dropped;
    /* Of the sender: the segments that have memory: statistics. */
    uint32_t reserved;
    unsigned char unused[100];
};

struct posix_ipc_channel_bell {
    /* 1: the end sleeps here, or is about to. It stores 1, then loads the position of the other
     * end, which stores its position, then loads the bell. All four are sequentially consistent, so
     * one of the two sees what the other has stored: release and acquire alone would let each load
     * what was there before. Who rings stores 0, and wakes. */
    uint32_t sleeps;
    unsigned char unused[124];
};

/* What becomes of a message for which there is no room. In the first layout: WAIT. */
enum posix_ipc_channel_full {
    POSIX_IPC_CHANNEL_WAIT,
    POSIX_IPC_CHANNEL_FAIL,       /* EAGAIN */
    POSIX_IPC_CHANNEL_DROP_NEWEST /* it is dropped, and counted */
};

struct posix_ipc_channel_head {
    uint32_t magic; /* stored last, with release: who loads it, with acquire, sees the rest */
    uint32_t layout;
    uint32_t capacity;  /* never changes, as the layout: plain */
    uint32_t full;      /* as capacity */
    uint32_t others[3]; /* no capacity, many senders, many receivers: here only 0 is known */
    uint32_t segment;   /* bytes of a segment of a ring that grows, up to the capacity; else 0 */
    /* What is not 0 here is an option that this header does not know. */
    uint32_t options[8];
    struct posix_ipc_mutex sender_role, receiver_role;
    unsigned char unused_too[64];
    struct posix_ipc_channel_position head, tail;
    struct posix_ipc_channel_bell receiver_bell, sender_bell;
};

typedef char posix_ipc_channel_is_laid_out[offsetof(struct posix_ipc_channel_head, head) == 256 &&
                                                   offsetof(struct posix_ipc_channel_head,
                                                            receiver_bell) == 512 &&
                                                   sizeof(struct posix_ipc_channel_head) == 768
                                               ? 1
                                               : -1];

/* A new channel in memory that nobody else uses yet: 768 bytes and the capacity, a power of two. */
static inline void posix_ipc_channel_init(struct posix_ipc_channel_head* head, uint32_t capacity,
                                          uint64_t id) {
    memset(head, 0, sizeof *head);
    head->layout = POSIX_IPC_CHANNEL_LAYOUT;
    head->capacity = capacity;
    posix_ipc_mutex_init(&head->sender_role, 0, id);
    posix_ipc_mutex_init(&head->receiver_role, 0, id + 1);
    __atomic_store_n(&head->magic, POSIX_IPC_CHANNEL_MAGIC, __ATOMIC_RELEASE);
}

/* ---- a channel in this process */

struct posix_ipc_channel {
    struct posix_ipc_channel_head* head;
    uint32_t capacity; /* checked: in the memory it may change */
    uint32_t full;     /* so is this */
    uint32_t piece;    /* and this: bytes of the ring that lie in one piece: all, or a segment */
    void* mapped;      /* by what is to be unmapped; NULL: nothing */
    size_t bytes;
};

/* Bytes of a ring that lie in one piece, and of all before it; 0: that cannot be. */
static inline uint32_t posix_ipc_channel_piece(uint32_t capacity, uint32_t segment,
                                               size_t* before) {
    *before = segment == 0 ? sizeof(struct posix_ipc_channel_head) : POSIX_IPC_CHANNEL_SEGMENTS;
    if (segment == 0)
        return capacity;
    const uint32_t count = capacity / segment;
    return (segment & (segment - 1)) == 0 && segment >= POSIX_IPC_CHANNEL_LEAST_SEGMENT &&
                   count >= POSIX_IPC_CHANNEL_FEWEST_SEGMENTS &&
                   count <= POSIX_IPC_CHANNEL_MOST_SEGMENTS
               ? segment
               : 0;
}

/* The channel in memory of so many bytes: 0; EINVAL: there is none. EPROTO: it has a layout, or
 * options, that this header does not know. EBADMSG: it does not fit into its memory. */
static inline int posix_ipc_channel_at(struct posix_ipc_channel* channel, void* memory,
                                       size_t bytes) {
    struct posix_ipc_channel_head* head = (struct posix_ipc_channel_head*)memory;
    if ((uintptr_t)memory % 64 != 0 || bytes < sizeof *head ||
        __atomic_load_n(&head->magic, __ATOMIC_ACQUIRE) != POSIX_IPC_CHANNEL_MAGIC)
        return EINVAL;
    const uint32_t full = head->layout == POSIX_IPC_CHANNEL_SHAPED_LAYOUT
                              ? __atomic_load_n(&head->full, __ATOMIC_RELAXED)
                              : (uint32_t)POSIX_IPC_CHANNEL_WAIT;
    if (head->layout - POSIX_IPC_CHANNEL_LAYOUT > 1 || full > POSIX_IPC_CHANNEL_DROP_NEWEST)
        return EPROTO;
    for (int i = 0; i < 8; i++)
        if (head->options[i] != 0)
            return EPROTO;
    for (int i = 0; i < 3; i++)
        if (head->others[i] != 0)
            return EPROTO;
    const uint32_t capacity = __atomic_load_n(&head->capacity, __ATOMIC_RELAXED);
    size_t before;
    const uint32_t segment = __atomic_load_n(&head->segment, __ATOMIC_RELAXED);
    const uint32_t piece = posix_ipc_channel_piece(capacity, segment, &before);
    if (piece == 0 || bytes < before || !posix_ipc_ring_is_capacity(capacity, bytes - before))
        return EBADMSG;
    channel->head = head;
    channel->capacity = capacity;
    channel->full = full;
    channel->piece = piece;
    channel->mapped = NULL;
    channel->bytes = 0;
    return 0;
}

/* The channel at an offset of what can be mapped, such as a memfd, which can be closed afterwards.
 * Errors: also those of fstat(2) and mmap(2). */
static inline int posix_ipc_channel_open_fd(struct posix_ipc_channel* channel, int fd,
                                            size_t offset) {
    void* mapped;
    size_t bytes;
    channel->mapped = NULL; /* for who closes what could not be opened */
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

/* The channel of a name; 'x' is '/x'. Errors: also those of shm_open(3). */
static inline int posix_ipc_channel_open(struct posix_ipc_channel* channel, const char* name) {
    int fd;
    channel->mapped = NULL;
    const int error = posix_ipc_ring_open(name, &fd);
    if (error != 0)
        return error;
    const int result = posix_ipc_channel_open_fd(channel, fd, 0);
    close(fd);
    return result;
}

/* Its ends must be closed before. */
static inline void posix_ipc_channel_close(struct posix_ipc_channel* channel) {
    posix_ipc_ring_unmap(&channel->mapped, channel->bytes);
}

/* ---- what both ends have */

struct posix_ipc_channel_end {
    /* To be set after it was opened: how it waits; and, of a sender, whether its messages are
     * published together, 32 or 4 KiB of them, or what posix_ipc_sender_flush() finds. */
    enum posix_ipc_channel_waiting waiting;
    int together;
    /* The rest is its own. Of the channel: */
    struct posix_ipc_mutex* role; /* NULL: it has none */
    struct posix_ipc_channel_position *mine, *theirs;
    uint32_t* their_bell;
    unsigned char* ring;
    uint32_t capacity, full, piece;
    /* Of a sender of a ring that grows: what channel_segments.h knows; else NULL. */
    struct posix_ipc_channel_segments* segments;
    /* Positions: the next one, as it was published, and of the other end when last looked at. */
    uint32_t position, published, peer, count;
    uint32_t high;          /* bytes that were found waiting, at most */
    uint32_t unpublished;   /* messages */
    uint32_t claimed, size; /* 1: a record is claimed, or borrowed; its room */
    struct posix_ipc_ring_waits waits;
};

struct posix_ipc_channel_message {
    uint32_t type, length;
    const void* data;
};

/* What a record takes of the ring. */
static inline uint32_t posix_ipc_channel_size(uint32_t length) {
    return (length + POSIX_IPC_CHANNEL_RECORD + 7u) & ~7u;
}

/* Where a position is in the ring, whatever the table says. */
static inline uint32_t posix_ipc_channel_place(const struct posix_ipc_channel_end* end,
                                               uint32_t position) {
    const uint32_t within = position & (end->piece - 1);
    if (end->piece == end->capacity)
        return within;
    const uint32_t head = (uint32_t)sizeof(struct posix_ipc_channel_head);
    const uint32_t* table =
        (const uint32_t*)(const void*)(end->ring + (POSIX_IPC_CHANNEL_TABLE - head));
    const uint32_t entry = (position & (end->capacity - 1)) / end->piece;
    const uint32_t segment = __atomic_load_n(table + entry, __ATOMIC_RELAXED);
    return POSIX_IPC_CHANNEL_SEGMENTS - head +
           (segment & (end->capacity / end->piece - 1)) * end->piece + within;
}

/* Where the ring ends, counted from where the ring of one that does not grow begins. */
static inline uint32_t posix_ipc_channel_ring_end(const struct posix_ipc_channel_end* end) {
    return end->piece == end->capacity
               ? end->capacity
               : POSIX_IPC_CHANNEL_SEGMENTS - (uint32_t)sizeof(struct posix_ipc_channel_head) +
                     end->capacity;
}

/* Stores the position, and wakes the other end if it sleeps: a system call only then. */
static inline void posix_ipc_channel_publish(struct posix_ipc_channel_end* end) {
    if (end->position == end->published)
        return;
    struct posix_ipc_channel_position* mine = end->mine;
    __atomic_store_n(&mine->next_position, end->position, __ATOMIC_RELAXED);
    __atomic_store_n(&mine->next_count, end->count, __ATOMIC_RELAXED);
    __atomic_store_n(&mine->position, end->position, __ATOMIC_SEQ_CST);
    POSIX_IPC_STEP(channel_published);
    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* one that is killed has done it in this order */
    __atomic_store_n(&mine->count, end->count, __ATOMIC_RELAXED);
    end->published = end->position;
    end->unpublished = 0;
    posix_ipc_ring_ring(end->their_bell);
}

/* So many bytes were found waiting. Only this end writes it. */
static inline void posix_ipc_channel_note_high(struct posix_ipc_channel_end* end, uint32_t bytes) {
    if (bytes > end->high) {
        end->high = bytes;
        if (bytes > __atomic_load_n(&end->mine->high_water, __ATOMIC_RELAXED))
            __atomic_store_n(&end->mine->high_water, bytes, __ATOMIC_RELAXED);
    }
}

/* Whether positions can be so far apart. */
static inline int posix_ipc_channel_fits(const struct posix_ipc_channel_end* end, uint32_t bytes) {
    return bytes <= end->capacity && bytes % 8 == 0;
}

/* The other end has gone on since it was last looked at. Sequentially consistent: see the bell. */
static inline int posix_ipc_channel_moved(const void* which) {
    const struct posix_ipc_channel_end* end = (const struct posix_ipc_channel_end*)which;
    return __atomic_load_n(&end->theirs->position, __ATOMIC_SEQ_CST) != end->peer;
}

/* Until the other end may have gone on: 0, or ETIMEDOUT. */
static inline int posix_ipc_channel_wait(struct posix_ipc_channel_end* end,
                                         const struct timespec* until) {
    posix_ipc_channel_publish(end);
    return posix_ipc_ring_wait(&end->waits, end->waiting, end, until);
}

/* Takes a role, as posix_ipc_ring_take(), and goes on where its last owner has published. */
static inline int posix_ipc_channel_join(struct posix_ipc_channel_end* end,
                                         const struct posix_ipc_channel* channel, int sends) {
    struct posix_ipc_channel_head* head = channel->head;
    memset(end, 0, sizeof *end);
    struct posix_ipc_mutex* role = sends ? &head->sender_role : &head->receiver_role;
    end->mine = sends ? &head->head : &head->tail;
    end->theirs = sends ? &head->tail : &head->head;
    uint32_t* bell = sends ? &head->sender_bell.sleeps : &head->receiver_bell.sleeps;
    end->their_bell = sends ? &head->receiver_bell.sleeps : &head->sender_bell.sleeps;
    end->ring = (unsigned char*)(head + 1);
    end->capacity = channel->capacity;
    end->full = channel->full;
    end->piece = channel->piece;
    posix_ipc_ring_waits_init(&end->waits, bell, 0, posix_ipc_channel_moved);
    const int result = posix_ipc_ring_take(role);
    if (result != 0)
        return result;
    end->position = __atomic_load_n(&end->mine->position, __ATOMIC_ACQUIRE);
    end->peer = __atomic_load_n(&end->theirs->position, __ATOMIC_ACQUIRE);
    end->published = end->position;
    const int is_counted =
        __atomic_load_n(&end->mine->next_position, __ATOMIC_RELAXED) == end->position;
    end->count =
        __atomic_load_n(is_counted ? &end->mine->next_count : &end->mine->count, __ATOMIC_RELAXED);
    const uint32_t apart = sends ? end->position - end->peer : end->peer - end->position;
    if (posix_ipc_channel_fits(end, apart) && end->position % 8 == 0) {
        end->role = role;
        posix_ipc_ring_call(end->their_bell); /* who sleeps watches the role from now on */
        return 0;
    }
    posix_ipc_mutex_unlock(role);
    return EBADMSG;
}

/* Publishes, and gives the role up, once: 0; EPERM: not by the thread that has it. */
static inline int posix_ipc_channel_leave(struct posix_ipc_channel_end* end) {
    if (end->role == NULL)
        return 0; /* it may be another one's, of this thread, too */
    posix_ipc_channel_publish(end);
    const int result = posix_ipc_mutex_unlock(end->role);
    if (result == 0)
        end->role = NULL;
    return result;
}

#ifdef __cplusplus
}
#endif

#endif
