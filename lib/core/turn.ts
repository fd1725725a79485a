/**
 * Promises that are answered at once run as microtasks: a loop over `await receive()` on a full
 * queue would never let a timer or a socket in. So only so many calls in a row are answered
 * inline; the next one waits for the event loop to have gone round. The same holds for the time
 * that calls spend trying on before they wait.
 */

const answersPerTurn = 192;

/** Milliseconds. */
const triesPerTurn = 1;

let left = answersPerTurn;
let timeLeft = triesPerTurn;
let scheduled = false;

function nextTurn(): void {
  scheduled = false;
  left = answersPerTurn;
  timeLeft = triesPerTurn;
}

function awaitNextTurn(): false {
  if (!scheduled) {
    scheduled = true;
    setImmediate(nextTurn);
  }
  return false;
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
  return awaitNextTurn();
}

/** A call has tried on for so many milliseconds. */
export function countTime(milliseconds: number): void {
  timeLeft -= milliseconds;
}

/** Whether one more call may try on in this turn of the event loop. */
export function mayTryOn(): boolean {
  return timeLeft > 0 || awaitNextTurn();
}
