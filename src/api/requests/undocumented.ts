import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';
import { editDistance } from '../../domain/edit-distance.js';
import { pointer, Problem } from './problems.js';
import { noMembers } from './strict-json.js';

type Definitions = OpenAPIHono['openAPIRegistry']['definitions'];

/** The documentation of a request's route; undefined for routes that are not in the document, such as pages. */
export type KnownRoutes = (c: Context) => { parameters: readonly string[]; hasBody: boolean } | undefined;

/** Names that other APIs use for the same parameters. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  since: 'created_after',
  from: 'created_after',
  until: 'created_before',
  to: 'created_before',
  page: 'cursor',
  offset: 'cursor',
  page_size: 'limit',
  per_page: 'limit',
};

export function knownRoutes(definitions: () => Definitions): KnownRoutes {
  let known: Map<string, { parameters: readonly string[]; hasBody: boolean }> | undefined;
  return (c) => {
    // All routes exist by the time of the first request.
    known ??= routesOf(definitions());
    const route = matchedRoutes(c).find(({ method }) => method !== 'ALL');
    return route && known.get(`${route.method} ${route.path}`);
  };
}

function routesOf(definitions: Definitions) {
  return new Map(
    definitions.flatMap((one) => {
      if (one.type !== 'route') return [];
      const { method, path, request } = one.route;
      const { query, body } = request ?? {};
      const parameters = query !== undefined && 'shape' in query ? Object.keys(query.shape) : [];
      const name = `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;
      return [[name, { parameters, hasBody: body !== undefined }] as const];
    }),
  );
}

/** Refuses a query parameter that the route does not have: a misspelled filter would list everything. */
export function refuseUnknownParameters(known: KnownRoutes) {
  return createMiddleware(async (c, next) => {
    if (!c.req.url.includes('?')) return next();
    const parameters = known(c)?.parameters;
    if (parameters === undefined) return next();
    const unknown = Object.keys(c.req.queries()).filter((name) => !parameters.includes(name));
    if (unknown.length === 0) return next();
    const errors = unknown.map((name) => ({ pointer: pointer([name]), detail: objection(name, parameters) }));
    throw new Problem('validation-error', 'Some query parameters are not known; see errors.', { errors });
  });
}

/** Refuses members of a body if the route takes none. */
export function refuseUnreadBodies(known: KnownRoutes, maxBytes: number) {
  const refuse = noMembers(maxBytes);
  return createMiddleware(async (c, next) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD' || known(c)?.hasBody !== false) return next();
    return refuse(c, next);
  });
}

function objection(name: string, parameters: readonly string[]): string {
  const meant = nearest(name, parameters);
  if (meant !== undefined) return `this parameter is not known; did you mean "${meant}"?`;
  if (parameters.length === 0) return 'this parameter is not known; this route takes none';
  return `this parameter is not known; this route takes ${parameters.join(', ')}`;
}

/** A synonym, a part of its name, or a typo. */
function nearest(name: string, parameters: readonly string[]): string | undefined {
  const other = Object.hasOwn(OTHER_WORDS, name) ? OTHER_WORDS[name] : undefined;
  if (other !== undefined && parameters.includes(other)) return other;
  const lower = name.toLowerCase().slice(0, 64);
  const words = lower.split(/[_-]/);
  return parameters
    .map((one) => ({ one, distance: isPart(lower, words, one) ? 1 : editDistance(lower, one) }))
    .filter(({ one, distance }) => distance <= Math.ceil(one.length / 3))
    .sort((a, b) => a.distance - b.distance)[0]?.one;
}

function isPart(name: string, words: readonly string[], parameter: string): boolean {
  return words.includes(parameter) || parameter.split('_').includes(name);
}
