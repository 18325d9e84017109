import type { Config } from '../../config.js';
import type { OwnKey } from '../keys/own-key.js';

export interface BannerFacts {
  sandboxUrl: string | undefined;
  uiUrl: string | undefined;
  home: string;
  fresh: boolean;
  key: OwnKey;
}

/** What to know once everything runs. The key itself is not shown: it would stay in the scrollback. */
export function banner(config: Config, { sandboxUrl, uiUrl, home, fresh, key }: BannerFacts): string {
  const api = `http://localhost:${config.PORT}`;
  const checkout = {
    order_id: 'demo-1',
    customer_id: 'customer-1',
    currency: 'EUR',
    items: [{ sku: 'product-A', quantity: 1 }],
    payment: { method: 'pm_ok' },
  };
  // Read from the file each time, so that the key stays out of the shell's history.
  const authorized = `curl -H "Authorization: Bearer $(cat '${key.file}')"`;
  return [
    fresh ? '✔ First start: product-A (10 in stock), product-B (5) and product-C (0) are in the catalog' : '',
    ...(key.made ? [`✔ Created an API key with all scopes: ${key.file}`] : []),
    ...(key.fault === undefined ? [] : [`✖ The API key of ${key.file} does not work: ${key.fault}`]),
    '',
    `  API              ${api}`,
    `  Console          ${api}/console`,
    `  API docs         ${api}/docs`,
    `  API key          ${key.file}`,
    ...(uiUrl === undefined ? [] : [`  Temporal Web UI  ${uiUrl}`]),
    ...(sandboxUrl === undefined ? [] : [`  Payment sandbox  ${sandboxUrl}/v1/ledger`]),
    `  Health           http://localhost:${config.INTERNAL_PORT}/readyz`,
    `  Data and logs    ${home}`,
    '',
    'Place an order:',
    '',
    `  ${authorized} -i ${api}/v1/orders -H 'Content-Type: application/json' \\`,
    `    -d '${JSON.stringify(checkout)}'`,
    '',
    'and look at it:',
    '',
    `  ${authorized} ${api}/v1/orders/demo-1`,
    '',
    'Ctrl-C drains and stops everything; the next start finds all orders again.',
  ].join('\n');
}
