import type { createApp } from './app.js';

/** The routes of the API with their requests and answers, for the client of Hono: `hc<HoldfastApi>(url)`. */
export type HoldfastApi = ReturnType<typeof createApp>;
