/** What `posix-ipc/syscalls` has of sockets. */

export const socketNames: readonly string[] = [
  ...['AF_UNSPEC', 'AF_UNIX', 'SOCK_STREAM', 'SOCK_DGRAM', 'SOCK_SEQPACKET'],
  ...['SOCK_NONBLOCK', 'SOCK_CLOEXEC', 'SOL_SOCKET', 'SO_TYPE', 'SO_ERROR', 'SO_SNDBUF'],
  ...['SO_RCVBUF', 'SO_PASSCRED', 'SO_PEERCRED', 'SO_RCVTIMEO', 'SO_SNDTIMEO'],
  ...['SO_TIMESTAMP', 'SO_ACCEPTCONN', 'SO_PROTOCOL', 'SO_DOMAIN', 'SO_PEERPIDFD'],
  ...['SCM_RIGHTS', 'SCM_CREDENTIALS', 'MSG_PEEK', 'MSG_CTRUNC', 'MSG_TRUNC'],
  ...['MSG_DONTWAIT', 'MSG_EOR', 'MSG_WAITALL', 'MSG_NOSIGNAL', 'MSG_CMSG_CLOEXEC'],
  ...['SHUT_RD', 'SHUT_WR', 'SHUT_RDWR', 'accept4', 'bind', 'cmsg', 'cmsgs', 'connect'],
  ...['getpeername', 'getsockname', 'getsockopt', 'listen', 'recvmsg', 'sendmsg'],
  ...['setsockopt', 'shutdown', 'sockaddr_un', 'socket', 'socketpair'],
];
