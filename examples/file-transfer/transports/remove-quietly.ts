import { SystemError } from 'posix-ipc';

/** POSIX names are not found any more, System V identifiers not valid any more. */
const GONE = ['ENOENT', 'EINVAL', 'EIDRM'];

/** A removal that does not fail where the other end was quicker. */
export async function removeQuietly(removal: () => Promise<void>): Promise<void> {
  try {
    await removal();
  } catch (error) {
    if (!(error instanceof SystemError && GONE.includes(error.code))) throw error;
  }
}
