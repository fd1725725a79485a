/** What the server can do. */

const EXPRESSION = /^\s*(-?\d+(?:\.\d+)?)\s*([-+*/])\s*(-?\d+(?:\.\d+)?)\s*$/;

const OPERATIONS: Record<string, (left: number, right: number) => number> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
};

/** The code goes to the client, as the message does. */
function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

export function calculate(text: string): string {
  const [, left, operator = '', right] = EXPRESSION.exec(text) ?? [];
  const operation = OPERATIONS[operator];
  if (operation === undefined) throw failure('EINVAL', `not an expression: ${text}`);
  const result = operation(Number(left), Number(right));
  if (!Number.isFinite(result)) throw failure('EDOM', `no number: ${text}`);
  return String(result);
}
