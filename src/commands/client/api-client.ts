// Commands that call a running API over HTTP, like any other client.
// Never the database or Temporal: what the API refuses, these commands cannot do.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config.js';

const ANSWER_MS = 40_000;

export type Json = Record<string, unknown>;

export interface ApiRequest {
  body?: Json;
  headers?: Record<string, string>;
  /** Ends the request, in addition to its deadline. */
  signal?: AbortSignal;
}

export interface ApiClient {
  /** @throws Error with the API's own words when it refuses, or what to start or set when it does not answer */
  call(method: string, path: string, request?: ApiRequest): Promise<Json>;
  /** The answer while it still arrives. */
  open(method: string, path: string, request?: ApiRequest): Promise<Response>;
}

type Where = Pick<Config, 'HOLDFAST_URL' | 'HOLDFAST_API_KEY' | 'HOLDFAST_HOME' | 'PORT'>;

/** A client of the API that the environment names, or that runs in this home. */
export async function openApi(config: Where, actor?: string): Promise<ApiClient> {
  const base = (config.HOLDFAST_URL ?? `http://localhost:${config.PORT}`).replace(/\/+$/, '');
  const key = await keyOf(config);

  const open = async (method: string, path: string, { body, headers = {}, signal }: ApiRequest = {}) => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        // A header is bytes: `fetch` takes one character for each.
        ...(actor === undefined ? {} : { 'X-Actor': Buffer.from(actor).toString('latin1') }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    }).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      throw new Error(`the API at ${base} does not answer; start "holdfast up", or set HOLDFAST_URL`, { cause: error });
    });
    if (!response.ok) throw new Error(await refusalOf(response, base));
    return response;
  };

  return {
    open,
    async call(method, path, request = {}) {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const response = await open(method, path, { ...request, signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
        throw new Error(`the API at ${base} did not answer within ${ANSWER_MS / 1_000} s; try again`, { cause: error });
      });
      return (await response.json()) as Json;
    },
  };
}

async function keyOf({ HOLDFAST_API_KEY, HOLDFAST_HOME }: Where): Promise<string> {
  if (HOLDFAST_API_KEY !== undefined) return HOLDFAST_API_KEY;
  const file = join(HOLDFAST_HOME, 'api-key');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new Error(`there is no API key: set HOLDFAST_API_KEY, or start "holdfast up", which writes ${file}`, {
      cause: error,
    });
  }
}

/** What a problem (RFC 9457) says, with the fields it names. */
async function refusalOf(response: Response, base: string): Promise<string> {
  const problem = (await response.json().catch(() => ({}))) as {
    title?: string;
    detail?: string;
    errors?: { pointer?: string; detail?: string }[];
  };
  if (problem.title === undefined) return `${base} answered ${response.status}; is HOLDFAST_URL a Holdfast API?`;
  const fields = (problem.errors ?? []).map(({ pointer, detail }) => `\n  ${pointer ?? ''} ${detail ?? ''}`);
  const about = problem.detail === undefined ? '' : `: ${problem.detail}`;
  return `${problem.title}${about}${fields.join('')}`;
}
