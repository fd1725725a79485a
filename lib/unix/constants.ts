/** Constants of socket(2), sendmsg(2), recvmsg(2), shutdown(2) and socket(7). */

/** connect: with whom a datagram socket is connected no more. */
export const AF_UNSPEC = 0;
/** Sockets of this machine: unix(7). */
export const AF_UNIX = 1;
/** A connection, of bytes. */
export const SOCK_STREAM = 1;
/** Messages, without a connection. */
export const SOCK_DGRAM = 2;
/** A connection, of messages. */
export const SOCK_SEQPACKET = 5;
/** socket, socketpair: no call waits (O_NONBLOCK). */
export const SOCK_NONBLOCK = 0o4000;
/** socket, socketpair: close the descriptor on exec. */
export const SOCK_CLOEXEC = 0o2000000;

/** The level of the options, and of the control messages, below. */
export const SOL_SOCKET = 1;
/** SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET; to be read only. */
export const SO_TYPE = 3;
/** The error that is pending, an errno, which is cleared; to be read only. */
export const SO_ERROR = 4;
/** Bytes of the buffer to send; the kernel doubles what is set. */
export const SO_SNDBUF = 7;
/** Bytes of the buffer to receive; without effect on Unix sockets. */
export const SO_RCVBUF = 8;
/** Each message comes with SCM_CREDENTIALS. */
export const SO_PASSCRED = 16;
/** struct ucred of who connected, listened, or made the pair; to be read only. */
export const SO_PEERCRED = 17;
/** struct timeval: how long a receive waits, before it is EAGAIN; 0 is for ever. */
export const SO_RCVTIMEO = 20;
/** struct timeval: how long a send waits, before it is EAGAIN; 0 is for ever. */
export const SO_SNDTIMEO = 21;
/** Each message comes with the time of its arrival. */
export const SO_TIMESTAMP = 29;
/** Whether it listens; to be read only. */
export const SO_ACCEPTCONN = 30;
/** 0 of a Unix socket; to be read only. */
export const SO_PROTOCOL = 38;
/** AF_UNIX; to be read only. */
export const SO_DOMAIN = 39;
/** A pidfd of the process that SO_PEERCRED names; to be read only. Linux 6.5. */
export const SO_PEERPIDFD = 77;

/** Control message: descriptors. */
export const SCM_RIGHTS = 1;
/** Control message: struct ucred. */
export const SCM_CREDENTIALS = 2;

/** recvmsg: the message stays. */
export const MSG_PEEK = 0x2;
/** recvmsg tells: control messages were cut off. */
export const MSG_CTRUNC = 0x8;
/** recvmsg tells: the message was cut off; given to it: answer the full length. */
export const MSG_TRUNC = 0x20;
/** This call does not wait: EAGAIN. */
export const MSG_DONTWAIT = 0x40;
/** The end of a record. */
export const MSG_EOR = 0x80;
/** recvmsg: wait until all of the room is filled. */
export const MSG_WAITALL = 0x100;
/** sendmsg: EPIPE without SIGPIPE. */
export const MSG_NOSIGNAL = 0x4000;
/** recvmsg: close received descriptors on exec. */
export const MSG_CMSG_CLOEXEC = 0x40000000;

/** shutdown: no more receives. */
export const SHUT_RD = 0;
/** shutdown: no more sends. */
export const SHUT_WR = 1;
/** shutdown: neither. */
export const SHUT_RDWR = 2;
