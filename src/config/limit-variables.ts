import { API, count, form, ms } from './kinds.js';
import { group } from './settings.js';

/** The limits of the API, and whose pages may call it. */
export const limitVariables = {
  ...group('Limits of the API', {
    MAX_BODY_BYTES: count(65_536, 1_024, 1_048_576).meta({
      unit: 'bytes',
      usedBy: API,
      description: 'The largest request body that is accepted.',
    }),
    MAX_STREAMS: count(8_000, 0, 100_000).meta({
      usedBy: API,
      description: 'The most orders followed live at once by one process, each by an open stream.',
    }),
    MAX_CONNECTIONS: count(10_000, 10, 100_000).meta({
      usedBy: API,
      description: 'The most connections that one process keeps open to its clients.',
    }),
    MAX_REQUESTS: count(256, 5, 10_000).meta({
      usedBy: API,
      description: 'The most concurrent requests of one process; the next one gets 503.',
    }),
    MAX_CHECKOUTS: count(40, 1, 10_000).meta({
      usedBy: API,
      description: 'The most checkouts of one process whose payment no worker has begun yet; the next one gets 503.',
    }),
    MAX_BURST: count(750, 0, 10_000).meta({
      usedBy: API,
      description:
        'How many additional checkouts one process accepts if they arrive together after a quiet time: they wait for their turn. 0: none.',
    }),
    BURST_WAIT_MS: ms(9_000, 100, 30_000).meta({
      usedBy: API,
      description: 'The longest that a checkout of a burst waits for its turn; then it gets 503.',
    }),
    ACCEPT_TARGET_MS: ms(500, 10, 60_000).meta({
      usedBy: API,
      description: 'While some checkouts take longer than this to be accepted, fewer are accepted concurrently.',
    }),
    MAX_OPEN_ORDERS: count(10_000, 1, 10_000_000).meta({
      usedBy: API,
      description: 'The most orders in progress, over all processes; beyond it, new ones get 503.',
    }),
    RATE_LIMIT_PER_KEY: count(0, 0, 10_000_000).meta({
      usedBy: API,
      description: 'The most checkouts of one API key in one window, over all processes; 0 turns the limit off.',
    }),
    RATE_LIMIT_PER_CUSTOMER: count(0, 0, 10_000_000).meta({
      usedBy: API,
      description: 'The most checkouts of one customer in one window, over all processes; 0 turns the limit off.',
    }),
    RATE_LIMIT_WINDOW_MS: ms(60_000, 1_000, 86_400_000).meta({
      usedBy: API,
      description: 'The length of that window.',
    }),
    API_KEY_CACHE_MS: ms(10_000, 100, 60_000).meta({
      usedBy: API,
      description: 'How long an API key is cached: a revoked one continues to work for up to that long.',
    }),
    CORS_ORIGINS: form('origins such as https://shop.example, several with commas', areOrigins).meta({
      usedBy: API,
      description:
        'Whose pages may call the API from a browser, as https://shop.example, several with commas; empty: none.',
    }),
  }),
};

function areOrigins(text: string): boolean {
  return text.split(',').every((origin) => URL.canParse(origin) && new URL(origin).origin === origin);
}
