import type { Subject } from './waiting-operation';

/** Closes and removes what a test made, if it is still there. */
export function removeQuietly(subjects: Set<Subject>): void {
  for (const subject of subjects) {
    subject.close();
    try {
      subject.remove();
    } catch {
      // The test removed it.
    }
  }
  subjects.clear();
}
