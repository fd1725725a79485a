"""Shows the messages that lie in a channel of posix-ipc, with the standard library alone.

    python3 look.py NAME

One line each: its type, and its bytes as hexadecimal digits. Nothing is received, nobody is
disturbed, and read permission is enough. The layout: docs/channel.md.
"""

import mmap
import struct
import sys

MAGIC, LAYOUT = 0x48434950, 1
HEAD, TAIL = 256 // 4, 384 // 4  # words of four bytes
RING = 768
WRAP = -1


def passed(position, tail):
    """Whether a position modulo 2^32 lies before the receiver's."""
    return 0 < (tail - position) & 0xFFFFFFFF < 1 << 31


def messages(memory):
    words = memoryview(memory).cast("I")  # a load each, where struct would take bytes
    magic, layout, capacity = words[:3]
    if magic != MAGIC:
        raise SystemExit("there is no channel")
    if layout != LAYOUT or RING + capacity > len(memory):
        raise SystemExit("this is a channel of another version, or damaged")
    head, position = words[HEAD], words[TAIL]
    while (length := (head - position) & 0xFFFFFFFF) != 0:
        if length > capacity:
            raise SystemExit("the channel is damaged")
        at = position % capacity
        length, kind = struct.unpack_from("<ii", memory, RING + at)
        data = bytes(memory[RING + at + 8 : RING + at + 8 + max(length, 0)])
        # Who has received it meanwhile lets the sender overwrite it: this is not a message then.
        if passed(position, words[TAIL]):
            position = words[TAIL]
            if passed(head, position):
                return
            continue
        if length == WRAP:
            position = position - at + capacity
        elif 0 <= length <= capacity - at - 8:
            yield kind, data
            position += (length + 15) & ~7
        else:
            raise SystemExit("the channel is damaged")
        position &= 0xFFFFFFFF


def main(name):
    try:
        with open("/dev/shm/" + name.lstrip("/"), "rb") as file:
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # ValueError: it is empty
        raise SystemExit(f"{name}: {error}")
    for kind, data in messages(memory):
        print(kind, data.hex(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
