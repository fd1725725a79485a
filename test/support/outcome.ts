/** How calls fail, as values that can be compared. */

/** What the call throws. */
export function thrownBy(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('Nothing was thrown');
}

/** What the promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('The promise did not reject');
}

export interface CodedError extends Error {
  code: string;
}

/** The code of what the call throws. */
export function codeThrownBy(call: () => unknown): string {
  return (thrownBy(call) as CodedError).code;
}

/** The code of what the promise rejects with. */
export async function codeOfRejection(promise: Promise<unknown>): Promise<string> {
  return ((await rejectionOf(promise)) as CodedError).code;
}
