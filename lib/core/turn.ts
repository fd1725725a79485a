/**
 * Promises that are answered at once run as microtasks: a loop over `await receive()` on a full
 * queue would never let a timer or a socket in. So only so many calls in a row are answered
 * inline, and only for some time; the next one waits for the event loop to have gone round. The same
 * holds for the time that calls spend trying on before they wait.
 */

import { now } from './deadline';
import { nextTurn } from './later';

const answersPerTurn = 1024;

/** Milliseconds after which no more calls are answered inline. */
const longestTurn = 0.5;

/** Answers between two looks at the clock. */
const answersPerLook = 64;

/** Milliseconds. */
const triesPerTurn = 1;

let left = 0;
let leftToLook = 0;
let turnEnd = 0;
let timeLeft = 0;
let scheduled = false;

function beginTurn(): void {
  scheduled = false;
  left = answersPerTurn;
  leftToLook = answersPerLook;
  turnEnd = now() + longestTurn;
  timeLeft = triesPerTurn;
}

beginTurn();

function awaitNextTurn(): false {
  if (!scheduled) {
    scheduled = true;
    nextTurn(beginTurn);
  }
  return false;
}

/** One call was answered with more than one thing. */
export function countAnswers(more: number): void {
  left -= more;
  leftToLook -= more;
}

/** Whether one more call may be answered inline in this turn of the event loop. */
export function mayAnswerInline(): boolean {
  if (leftToLook <= 0 && !mayGoOn()) return awaitNextTurn();
  left--;
  leftToLook--;
  return true;
}

function mayGoOn(): boolean {
  if (left <= 0 || now() > turnEnd) return false;
  leftToLook = Math.min(answersPerLook, left);
  return true;
}

/** A call has tried on for so many milliseconds. */
export function countTime(milliseconds: number): void {
  timeLeft -= milliseconds;
}

/** Whether one more call may try on in this turn of the event loop. */
export function mayTryOn(): boolean {
  return timeLeft > 0 || awaitNextTurn();
}
