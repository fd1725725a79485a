/* What broadcast.h is made of below its publishers and subscribers: the layout, broadcasts in this
 * process, and positions. The layout and the protocol: docs/broadcast.md. Each function answers 0
 * or an errno. */
#ifndef POSIX_IPC_BROADCAST_END_H
#define POSIX_IPC_BROADCAST_END_H

#include <posix-ipc/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the layout: 768 bytes at a multiple of 64, then the ring, then the slots */

#define POSIX_IPC_BROADCAST_MAGIC 0x43424950u /* "PIBC" */
#define POSIX_IPC_BROADCAST_LAYOUT 1u
/* Of broadcasts whose publisher waits, or fails; and of temporary ones. */
#define POSIX_IPC_BROADCAST_SHAPED_LAYOUT 2u
#define POSIX_IPC_BROADCAST_MOST_SLOTS 64u

/* The greatest position, and the greatest number of a message: other languages have no greater
 * exact number. */
#define POSIX_IPC_BROADCAST_LAST ((UINT64_C(1) << 53) - 1)

/* What becomes of messages where the ring is full. In the first layout: DROP_OLDEST. */
enum posix_ipc_broadcast_full {
    POSIX_IPC_BROADCAST_DROP_OLDEST, /* the oldest make room */
    POSIX_IPC_BROADCAST_WAIT,        /* the publisher waits for its subscribers */
    POSIX_IPC_BROADCAST_FAIL         /* it is refused: EAGAIN */
};

struct posix_ipc_broadcast_head {
    uint32_t magic; /* stored last, with release: who loads it, with acquire, sees the rest */
    uint32_t layout;
    uint32_t capacity; /* never changes, as all up to the role: plain */
    uint32_t full;
    uint32_t slots;     /* how many subscribers there may be at a time; 0: any number */
    uint32_t temporary; /* 1: its name goes with the last one who has it open; see name.h */
    /* What is not 0 here is an option that this header does not know. */
    uint32_t options[10];
    struct posix_ipc_mutex role;
    unsigned char unused[128];
    /* Positions count steps. Of the next record to be written: only the publisher stores it, after
     * the records, sequentially consistent because of the bell; a subscriber loads it with acquire,
     * before them. */
    uint64_t head;
    unsigned char unused_too[120];
    /* Of the oldest record that is kept: only the publisher stores it, before it writes where older
     * ones lie, with a fence between. A subscriber loads it behind a fence after it has copied: if
     * it has read a byte of what was written there, it sees this store. */
    uint64_t oldest;
    /* With slots, what oldest is going to be. The publisher stores it, then looks at the slots; who
     * takes one stores its position, then loads this; all sequentially consistent, so one of them
     * sees what the other has stored. */
    uint64_t wanted;
    unsigned char unused_as_well[112];
    /* Not 0: a subscriber sleeps, or is about to; see ring.h. Only who rings stores 0. */
    uint32_t bell;
    unsigned char unused_there[124];
    uint32_t publisher_bell; /* 1: it sleeps, or is about to */
    unsigned char unused_at_last[124];
};

/* Behind the ring, of each subscriber that the publisher waits for: who has the role has it. */
struct posix_ipc_broadcast_slot {
    struct posix_ipc_mutex role;
    unsigned char unused[64];
    /* Up to there it needs nothing any more. One before oldest is from who had the slot before. */
    uint64_t position;
    unsigned char unused_too[120];
};

/* A step is as long as what comes before a message, so that there is room for that behind each. */
struct posix_ipc_broadcast_record {
    uint32_t length; /* or POSIX_IPC_RING_WRAP */
    uint32_t type;
    uint64_t number; /* also where the next record is going to be */
};

#define POSIX_IPC_BROADCAST_STEP ((uint32_t)sizeof(struct posix_ipc_broadcast_record))

typedef char posix_ipc_broadcast_is_laid_out
    [offsetof(struct posix_ipc_broadcast_head, head) == 256 &&
             offsetof(struct posix_ipc_broadcast_head, oldest) == 384 &&
             offsetof(struct posix_ipc_broadcast_head, bell) == 512 &&
             offsetof(struct posix_ipc_broadcast_head, publisher_bell) == 640 &&
             sizeof(struct posix_ipc_broadcast_head) == 768 &&
             offsetof(struct posix_ipc_broadcast_slot, position) == 128 &&
             sizeof(struct posix_ipc_broadcast_slot) == 256 &&
             sizeof(struct posix_ipc_broadcast_record) == 16
         ? 1
         : -1];

/* ---- a broadcast in this process */

struct posix_ipc_broadcast {
    struct posix_ipc_broadcast_head* head;
    uint32_t capacity;    /* checked: in the memory it may change */
    uint32_t full, slots; /* so are these */
    uint32_t temporary;
    void* mapped; /* by what is to be unmapped; NULL: nothing */
    size_t bytes;
    struct posix_ipc_name name; /* of a temporary one that was opened by name */
};

/* What it takes of memory. */
static inline size_t posix_ipc_broadcast_size(uint32_t capacity, uint32_t slots) {
    return sizeof(struct posix_ipc_broadcast_head) + capacity +
           slots * sizeof(struct posix_ipc_broadcast_slot);
}

static inline struct posix_ipc_broadcast_slot*
posix_ipc_broadcast_slot_at(const struct posix_ipc_broadcast* broadcast, uint32_t slot) {
    unsigned char* ring = (unsigned char*)(broadcast->head + 1);
    return (struct posix_ipc_broadcast_slot*)(void*)(ring + broadcast->capacity) + slot;
}

/* A new broadcast in memory that nobody else uses yet: 0; EINVAL: the capacity is no power of two,
 * or not from 1 KiB to 1 GiB; or there are slots where the oldest make room, or else not 1 to 64.
 */
static inline int posix_ipc_broadcast_init(struct posix_ipc_broadcast_head* head, uint32_t capacity,
                                           enum posix_ipc_broadcast_full full, uint32_t slots,
                                           uint64_t id) {
    const int waits = full == POSIX_IPC_BROADCAST_WAIT || full == POSIX_IPC_BROADCAST_FAIL;
    const uint32_t most = waits ? POSIX_IPC_BROADCAST_MOST_SLOTS : 0;
    if (!posix_ipc_ring_is_capacity(capacity, capacity) || slots > most || (slots == 0) == waits ||
        (!waits && full != POSIX_IPC_BROADCAST_DROP_OLDEST))
        return EINVAL;
    struct posix_ipc_broadcast made;
    made.head = head;
    made.capacity = capacity;
    memset(head, 0, sizeof *head + POSIX_IPC_BROADCAST_STEP); /* the first record's number, too */
    head->layout = slots == 0 ? POSIX_IPC_BROADCAST_LAYOUT : POSIX_IPC_BROADCAST_SHAPED_LAYOUT;
    head->capacity = capacity;
    head->full = full;
    head->slots = slots;
    posix_ipc_mutex_init(&head->role, 0, id);
    for (uint32_t i = 0; i < slots; i++) {
        struct posix_ipc_broadcast_slot* slot = posix_ipc_broadcast_slot_at(&made, i);
        memset(slot, 0, sizeof *slot);
        posix_ipc_mutex_init(&slot->role, 0, id + 1 + i);
    }
    __atomic_store_n(&head->magic, POSIX_IPC_BROADCAST_MAGIC, __ATOMIC_RELEASE);
    return 0;
}

/* What it was made for: 0, or EPROTO: this header does not know it. */
static inline int posix_ipc_broadcast_shape(const struct posix_ipc_broadcast_head* head,
                                            struct posix_ipc_broadcast* shape) {
    const uint32_t layout = __atomic_load_n(&head->layout, __ATOMIC_RELAXED);
    shape->full = POSIX_IPC_BROADCAST_DROP_OLDEST;
    shape->slots = shape->temporary = 0;
    for (int i = 0; i < 10; i++)
        if (head->options[i] != 0)
            return EPROTO;
    if (layout == POSIX_IPC_BROADCAST_LAYOUT)
        return 0;
    shape->full = __atomic_load_n(&head->full, __ATOMIC_RELAXED);
    shape->slots = __atomic_load_n(&head->slots, __ATOMIC_RELAXED);
    shape->temporary = __atomic_load_n(&head->temporary, __ATOMIC_RELAXED);
    if (layout != POSIX_IPC_BROADCAST_SHAPED_LAYOUT || shape->temporary > 1)
        return EPROTO;
    if (shape->full == POSIX_IPC_BROADCAST_DROP_OLDEST)
        return shape->slots == 0 && shape->temporary ? 0 : EPROTO;
    const int is_known = shape->full <= POSIX_IPC_BROADCAST_FAIL && shape->slots >= 1;
    return is_known && shape->slots <= POSIX_IPC_BROADCAST_MOST_SLOTS ? 0 : EPROTO;
}

/* The broadcast in memory of so many bytes: 0; EINVAL: there is none. EPROTO: it has a layout, or
 * options, that this header does not know. EBADMSG: it does not fit into its memory. */
static inline int posix_ipc_broadcast_at(struct posix_ipc_broadcast* broadcast, void* memory,
                                         size_t bytes) {
    struct posix_ipc_broadcast_head* head = (struct posix_ipc_broadcast_head*)memory;
    broadcast->mapped = NULL; /* for who closes what is none */
    broadcast->bytes = 0;
    broadcast->name.fd = -1;
    if ((uintptr_t)memory % 64 != 0 || bytes < sizeof *head ||
        __atomic_load_n(&head->magic, __ATOMIC_ACQUIRE) != POSIX_IPC_BROADCAST_MAGIC)
        return EINVAL;
    const int result = posix_ipc_broadcast_shape(head, broadcast);
    if (result != 0)
        return result;
    const uint32_t capacity = __atomic_load_n(&head->capacity, __ATOMIC_RELAXED);
    const size_t besides = posix_ipc_broadcast_size(0, broadcast->slots);
    if (bytes < besides || !posix_ipc_ring_is_capacity(capacity, bytes - besides))
        return EBADMSG;
    broadcast->head = head;
    broadcast->capacity = capacity;
    return 0;
}

/* The broadcast at an offset of what can be mapped, such as a memfd, which can be closed
 * afterwards. Errors: also those of fstat(2) and mmap(2). */
static inline int posix_ipc_broadcast_open_fd(struct posix_ipc_broadcast* broadcast, int fd,
                                              size_t offset) {
    void* mapped;
    size_t bytes;
    broadcast->mapped = NULL; /* for who closes what could not be opened */
    broadcast->name.fd = -1;
    int result = posix_ipc_ring_map(fd, offset, &mapped, &bytes);
    if (result != 0)
        return result;
    result = posix_ipc_broadcast_at(broadcast, (unsigned char*)mapped + offset, bytes - offset);
    if (result != 0) {
        posix_ipc_ring_unmap(&mapped, bytes);
        return result;
    }
    broadcast->mapped = mapped;
    broadcast->bytes = bytes;
    return 0;
}

/* Its publisher and subscribers must be closed before. The last one who closes a temporary one
 * removes its name. */
static inline void posix_ipc_broadcast_close(struct posix_ipc_broadcast* broadcast) {
    posix_ipc_ring_unmap(&broadcast->mapped, broadcast->bytes);
    posix_ipc_name_leave(&broadcast->name);
}

/* The broadcast of a name; 'x' is '/x'. Errors: also those of shm_open(3), and, of a temporary one,
 * of posix_ipc_name_join(). */
static inline int posix_ipc_broadcast_open(struct posix_ipc_broadcast* broadcast,
                                           const char* name) {
    int fd;
    broadcast->mapped = NULL;
    broadcast->name.fd = -1;
    const int error = posix_ipc_ring_open(name, &fd);
    if (error != 0)
        return error;
    int result = posix_ipc_broadcast_open_fd(broadcast, fd, 0);
    if (result == 0 && broadcast->temporary) {
        result = posix_ipc_name_join(&broadcast->name, fd, name);
        if (result == 0)
            return 0; /* which keeps the descriptor */
        posix_ipc_broadcast_close(broadcast);
    }
    close(fd);
    return result;
}

/* ---- positions and records */

static inline uint64_t posix_ipc_broadcast_steps(const struct posix_ipc_broadcast* broadcast) {
    return broadcast->capacity / POSIX_IPC_BROADCAST_STEP;
}

/* Steps from a position to the end of the ring. */
static inline uint64_t posix_ipc_broadcast_to_end(const struct posix_ipc_broadcast* broadcast,
                                                  uint64_t position) {
    const uint64_t steps = posix_ipc_broadcast_steps(broadcast);
    return steps - (position & (steps - 1));
}

static inline struct posix_ipc_broadcast_record*
posix_ipc_broadcast_record_at(const struct posix_ipc_broadcast* broadcast, uint64_t position) {
    return (struct posix_ipc_broadcast_record*)(void*)(broadcast->head + 1) +
           (position & (posix_ipc_broadcast_steps(broadcast) - 1));
}

/* Steps that a record takes. */
static inline uint64_t posix_ipc_broadcast_steps_of(uint32_t length) {
    return ((uint64_t)length + 2 * POSIX_IPC_BROADCAST_STEP - 1) / POSIX_IPC_BROADCAST_STEP;
}

/* Behind the last record there is room for a header, which holds the number of the next message. */
static inline uint32_t posix_ipc_broadcast_longest(const struct posix_ipc_broadcast* broadcast) {
    return broadcast->capacity - 2 * POSIX_IPC_BROADCAST_STEP;
}

/* Whether what lies at a position may have been overwritten: asked after it was read. */
static inline int posix_ipc_broadcast_overtaken(const struct posix_ipc_broadcast* broadcast,
                                                uint64_t position) {
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return __atomic_load_n(&broadcast->head->oldest, __ATOMIC_RELAXED) > position;
}

/* A publisher in a small ring may be faster than who looks for the oldest record: so often. */
#define POSIX_IPC_BROADCAST_OLDEST_ATTEMPTS 100
/* Nobody is that often overtaken by a whole ring; memory that nobody changes is found out at once.
 */
#define POSIX_IPC_BROADCAST_ATTEMPTS 100000

/* Where to begin: the position in `from`, which is head, oldest or wanted, or else head; and the
 * number of the message that is, or will be, there. 0, or EBADMSG. */
static inline int posix_ipc_broadcast_start(const struct posix_ipc_broadcast* broadcast,
                                            const uint64_t* from, uint64_t* position,
                                            uint64_t* number) {
    const struct posix_ipc_broadcast_head* memory = broadcast->head;
    for (int i = 0; i < POSIX_IPC_BROADCAST_ATTEMPTS; i++) {
        const uint64_t oldest = __atomic_load_n(&memory->oldest, __ATOMIC_SEQ_CST);
        const uint64_t chosen = __atomic_load_n(from, __ATOMIC_SEQ_CST);
        const uint64_t head = __atomic_load_n(&memory->head, __ATOMIC_SEQ_CST);
        if (chosen < oldest || head < oldest)
            return EBADMSG; /* they are never before it, and were looked at later */
        *position = i < POSIX_IPC_BROADCAST_OLDEST_ATTEMPTS ? chosen : head;
        *number = __atomic_load_n(&posix_ipc_broadcast_record_at(broadcast, *position)->number,
                                  __ATOMIC_RELAXED);
        if (posix_ipc_broadcast_overtaken(broadcast, *position))
            continue;
        /* While oldest stays, head is less than the capacity from it. */
        if (head - oldest < posix_ipc_broadcast_steps(broadcast) &&
            head <= POSIX_IPC_BROADCAST_LAST && *position <= head &&
            *number <= POSIX_IPC_BROADCAST_LAST)
            return 0;
        if (!posix_ipc_broadcast_overtaken(broadcast, oldest))
            return EBADMSG;
    }
    return EBADMSG;
}

#ifdef __cplusplus
}
#endif

#endif
