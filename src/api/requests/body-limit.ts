import { bodyLimit } from 'hono/body-limit';
import { Problem, problemResponse } from './problems.js';

/** Refuses a body of more than `maxBytes`, before it is read if its length is known. */
export const limitBody = (maxBytes: number) =>
  bodyLimit({ maxSize: maxBytes, onError: (c) => problemResponse(c, tooLarge(maxBytes)) });

export function tooLarge(maxBytes: number): Problem {
  return new Problem('body-too-large', `The body may have ${maxBytes} bytes at most.`);
}
