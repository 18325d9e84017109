import { createRoute, type RouteConfig } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';

/** Adds middleware to a route that runs, in this order, before any part of a request is validated. */
export function guarded<Route extends RouteConfig>(route: Route, ...middleware: MiddlewareHandler[]): Route {
  return createRoute({ ...route, middleware });
}
