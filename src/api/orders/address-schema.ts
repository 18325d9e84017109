import { z } from '@hono/zod-openapi';
import type { Address } from '../../domain/address.js';
import { given } from '../requests/given.js';
import { text } from '../requests/fields.js';

// Intl knows their names: what it cannot name is no country. EU, EZ, UN and the like are not either.
const NAMES = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
const GROUPS = ['EU', 'EZ', 'UN', 'QO', 'XA', 'XB', 'ZZ'];
const isCountry = (code: string) => /^[A-Z]{2}$/.test(code) && !GROUPS.includes(code) && NAMES.of(code) !== undefined;

const EXAMPLE = {
  name: 'Ada Lovelace',
  line1: '12 St James Square',
  city: 'London',
  postal_code: 'SW1Y 4JH',
  country: 'GB',
};

/** Without a name in the document: of a schema with one, it cannot say that null will do as well. */
export const unnamedAddressSchema = z
  .strictObject({
    name: text(200),
    line1: text(200),
    line2: text(200).optional(),
    city: text(100),
    region: text(100).optional(),
    postal_code: text(20).optional(),
    country: z
      .string()
      .refine(isCountry, 'must be an upper-case ISO 3166-1 alpha-2 code, such as "DE"')
      .openapi({ pattern: '^[A-Z]{2}$', example: 'GB' }),
  })
  .openapi({ example: EXAMPLE });

export const addressSchema = unnamedAddressSchema.openapi('Address');

const part = z.string().nullable();

export const addressJsonSchema = z
  .object({
    name: z.string(),
    line1: z.string(),
    line2: part,
    city: z.string(),
    region: part,
    postal_code: part,
    country: z.string(),
  })
  .openapi('OrderAddress', { example: { ...EXAMPLE, line2: null, region: null } });

export const phoneSchema = text(40).openapi({ example: '+44 20 7946 0018' });

export function toAddress({ postal_code: postalCode, ...body }: z.infer<typeof addressSchema>): Address {
  const { name, line1, city, country, line2, region } = body;
  return { name, line1, city, country, ...given({ line2, region, postalCode }) };
}

export function addressJson(address: Address | undefined): z.infer<typeof addressJsonSchema> | null {
  if (address === undefined) return null;
  const { name, line1, line2 = null, city, region = null, postalCode = null, country } = address;
  return { name, line1, line2, city, region, postal_code: postalCode, country };
}
