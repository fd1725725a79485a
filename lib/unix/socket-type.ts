import { check, SystemError } from '../core/error';
import { native } from '../native';
import { AF_UNIX, SO_ACCEPTCONN, SO_DOMAIN, SO_TYPE } from './constants';

/** Throws where a descriptor is no Unix socket of this type: ENOTSOCK, EPROTOTYPE; EINVAL: (not) listening. */
export function examine(type: number, listening: boolean): (fd: number) => void {
  return (fd) => {
    const option = (name: number): number =>
      check(native.unixOption(fd, name), 'getsockopt', { fd });
    if (option(SO_DOMAIN) !== AF_UNIX || option(SO_TYPE) !== type) {
      const hint = 'it is a socket of another type';
      throw new SystemError('EPROTOTYPE', 'getsockopt', { fd, hint });
    }
    if ((option(SO_ACCEPTCONN) !== 0) !== listening) {
      const hint = listening ? 'it does not listen' : 'it listens';
      throw new SystemError('EINVAL', 'getsockopt', { fd, hint });
    }
  };
}
