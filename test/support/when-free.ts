import { setTimeout as sleep } from 'node:timers/promises';

/** Takes a role as soon as nobody has it. */
export async function whenFree<E>(take: () => E): Promise<E> {
  for (;;) {
    try {
      return take();
    } catch (error) {
      if ((error as { code?: string }).code !== 'EBUSY') throw error;
    }
    await sleep(1);
  }
}
