"""Shows the messages that lie in a channel of posix-ipc, with the standard library alone.

    python3 look.py NAME

One line each: its type, and its bytes as hexadecimal digits; of several senders those of one after
those of the other. Nothing is received, nobody is disturbed, and read permission is enough. The
layout: docs/channel.md.
"""

import mmap
import os
import struct
import sys

MAGIC, LAYOUTS = 0x48434950, (1, 2)
HEAD, TAIL, TABLE = 256 // 4, 384 // 4, 1024 // 4  # words of four bytes
RING, SEGMENTS = 768, 65536
WRAP = -1


def passed(position, tail):
    """Whether a position modulo 2^32 lies before the receiver's."""
    return 0 < (tail - position) & 0xFFFFFFFF < 1 << 31


class Lane:
    """The ring of one sender. What may have no memory any more is read from the file: that gives it none."""

    def __init__(self, file, words, begin, capacity, segment):
        self.file, self.words, self.begin = file, words[begin // 4 :], begin
        self.capacity, self.segment = capacity, segment
        self.piece = segment or capacity

    def place(self, position):
        """Where a position is in the file."""
        within = position % self.piece
        if not self.segment:
            return self.begin + RING + within
        number = self.words[TABLE + position % self.capacity // self.segment]
        number %= self.capacity // self.segment
        return self.begin + SEGMENTS + number * self.segment + within

    def record(self, position):
        """Length, type and message; of what is none as much as there is."""
        at = self.place(position)
        length, kind = struct.unpack("<ii", os.pread(self.file, 8, at))
        most = self.capacity - 8
        return length, kind, os.pread(self.file, min(max(length, 0), most), at + 8)

    def messages(self):
        words = self.words
        head, position = words[HEAD], words[TAIL]
        while (left := (head - position) & 0xFFFFFFFF) != 0:
            if left > self.capacity:
                if passed(head, position):
                    return  # somebody has received what was there
                raise SystemExit("the channel is damaged")
            length, kind, data = self.record(position)
            # Who has received it meanwhile lets the sender overwrite it: this is not a message then.
            if passed(position, words[TAIL]):
                position = words[TAIL]
            elif length == WRAP:
                position = position - position % self.piece + self.piece
            elif 0 <= length <= left - 8 and len(data) == length:
                yield kind, data
                position += (length + 15) & ~7
            else:
                raise SystemExit("the channel is damaged")
            position &= 0xFFFFFFFF


def lanes(file, memory):
    whole = len(memory) & ~3
    words = memoryview(memory)[:whole].cast("I")  # a load each, where struct would take bytes
    if whole < RING or words[0] != MAGIC:
        raise SystemExit("there is no channel")
    layout, capacity = words[1:3]
    senders, segment = words[5] or 1, words[7]
    if layout not in LAYOUTS or words[8] > 1 or any(words[9:16]):
        raise SystemExit("this is a channel of another version, or damaged")
    size = (SEGMENTS if segment else RING) + capacity
    if capacity == 0 or capacity % (segment or 1) or senders * size > len(memory):
        raise SystemExit("this is a channel of another version, or damaged")
    return [Lane(file, words, i * size, capacity, segment) for i in range(senders)]


def main(name):
    try:
        with open("/dev/shm/" + name.lstrip("/"), "rb") as file:
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            for lane in lanes(file.fileno(), memory):
                for kind, data in lane.messages():
                    print(kind, data.hex(), flush=True)
    except (OSError, ValueError) as error:  # ValueError: it is empty
        raise SystemExit(f"{name}: {error}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: look.py NAME")
    main(sys.argv[1])
