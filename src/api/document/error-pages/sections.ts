// The text about each problem: what it means, what to do, when to retry. Never its code or status.

import { PROBLEMS, Problem, problemBody, type ProblemCode } from '../../requests/problems.js';
import { RETRY, type ErrorPages } from './error-page.js';
import { OPERATION_PAGES } from './operations-errors.js';
import { ORDER_PAGES } from './order-errors.js';
import { REQUEST_PAGES } from './request-errors.js';

const PAGES: ErrorPages<ProblemCode> = { ...REQUEST_PAGES, ...ORDER_PAGES, ...OPERATION_PAGES };

export interface ErrorSection {
  /** Also the anchor. */
  code: ProblemCode;
  status: number;
  title: string;
  meaning: string;
  action: string;
  retry: string;
  /** A whole answer, as indented JSON. */
  example: string;
}

/** The documentation of every problem, in the order of their statuses. */
export const ERROR_SECTIONS: readonly ErrorSection[] = (Object.keys(PROBLEMS) as ProblemCode[]).map((code) => {
  const { meaning, action, retry, example } = PAGES[code];
  const { detail, instance, ...extra } = example;
  const place = { requestId: '4f4b8d0e-2c0f-4a36-9d7c-2b1f4c1f0a11', ...(instance === undefined ? {} : { instance }) };
  const body = problemBody(new Problem(code, detail, extra), place);
  return { code, ...PROBLEMS[code], meaning, action, retry: RETRY[retry], example: JSON.stringify(body, undefined, 2) };
});

/** What holds for all of them. Code is in backticks. */
export const INTRODUCTION: readonly string[] = [
  'Every answer of the API with a status of 400 or more is a problem (RFC 9457): a JSON object with the media type `application/problem+json`, even for requests that are not HTTP.',
  'Decide by `code`, which is stable; texts may change. `type` is a relative reference with the full path, `/docs/errors#` and the code: resolved against the requested address, it opens the section below, on the same server and without internet access, and it is the same on every server. `request_id` is that of the header `X-Request-Id`; the log has it too. Some codes have additional members, which their section shows. More may follow: ignore members that you do not know, and treat an unknown code by its status.',
  'Answers to `HEAD` have the status and headers of a problem and no body.',
];
