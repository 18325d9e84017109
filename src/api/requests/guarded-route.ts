import { createRoute, type RouteConfig } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';

/** The route with what has to let its requests through, in this order, before any of their parts is validated. */
export function guarded<Route extends RouteConfig>(route: Route, ...middleware: MiddlewareHandler[]): Route {
  return createRoute({ ...route, middleware });
}
