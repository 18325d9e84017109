import { TEST_KEY } from './test-key.js';
import { asDocumented } from './documented.js';

export interface ProductJson {
  sku: string;
  name: string;
  currency: string;
  unit_price_minor: number;
  active: boolean;
  available: number;
  on_hand?: number;
  reserved?: number;
  version?: number;
  created_at: string;
  updated_at: string;
}

export interface CatalogueAnswer {
  status: number;
  etag: string | null;
  body: ProductJson & { code?: string; data: ProductJson[]; next_cursor: string | null };
}

/** A client that maintains the catalog of one Holdfast over HTTP. */
export function createCatalogDesk(url: string) {
  const call = async (method: string, path: string, body?: unknown, ifMatch?: string): Promise<CatalogueAnswer> => {
    const response = await fetch(`${url}/v1/products${path}`, {
      method,
      headers: {
        authorization: `Bearer ${TEST_KEY.text}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(ifMatch === undefined ? {} : { 'If-Match': ifMatch }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(40_000),
    });
    const text = await response.text();
    asDocumented(method, `/v1/products${path}`, response, text);
    const parsed = (text === '' ? {} : JSON.parse(text)) as CatalogueAnswer['body'];
    return { status: response.status, etag: response.headers.get('etag'), body: parsed };
  };
  return {
    create: (product: Record<string, unknown>) =>
      call('POST', '', { name: 'Thing', currency: 'EUR', unit_price_minor: 250, ...product }),
    read: (sku: string) => call('GET', `/${sku}`),
    readFull: (sku: string) => call('GET', `/${sku}?include=inactive`),
    list: (query: string) => call('GET', `?${query}`),
    change: (sku: string, changes: Record<string, unknown>, ifMatch?: string) =>
      call('PATCH', `/${sku}`, changes, ifMatch),
    delete: (sku: string, ifMatch?: string) => call('DELETE', `/${sku}`, undefined, ifMatch),
  };
}
