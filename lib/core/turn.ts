/**
 * Promises that are answered at once run as microtasks: a loop over `await receive()` on a full
 * queue would never let a timer or a socket in. So only so many calls in a row are answered
 * inline; the next one waits for the event loop to have gone round.
 */

const answersPerTurn = 128;

let left = answersPerTurn;
let scheduled = false;

function nextTurn(): void {
  scheduled = false;
  left = answersPerTurn;
}

/** One call was answered with more than one thing. */
export function countAnswers(more: number): void {
  left -= more;
}

/** Whether one more call may be answered inline in this turn of the event loop. */
export function mayAnswerInline(): boolean {
  if (left > 0) {
    left--;
    return true;
  }
  if (!scheduled) {
    scheduled = true;
    setImmediate(nextTurn);
  }
  return false;
}
