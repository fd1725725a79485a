import { Interruption, dieOf, interruptions } from './interruption';

/** The command line is wrong; the message is one line for the user. */
export class UsageError extends Error {}

/** Runs a program to its exit code, and says why where it fails. */
export function run(name: string, main: (interrupted: AbortSignal) => Promise<number>): void {
  main(interruptions()).then(
    (exitCode) => {
      process.exitCode = exitCode;
    },
    (error: unknown) => {
      console.error(`${name}: ${messageOf(error)}`);
      process.exitCode = error instanceof UsageError ? 2 : 1;
      if (error instanceof Interruption) dieOf(error);
    },
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
