import { expect, test } from '@jest/globals';
import { createGateways, type GatewayDefinition } from '../../../../src/commands/serve/gateway-registry.js';
import { readConfig } from '../../../../src/config.js';
import { createFakeGateway } from '../../../support/fake-gateway.js';

const fake = (name: string, needs: GatewayDefinition['needs'] = []): GatewayDefinition => ({
  name,
  needs,
  methods: [`${name}_`],
  create: () => ({ gateway: { ...createFakeGateway().gateway, name } }),
});
const namesOf = async (environment: Record<string, string>, ...gateways: GatewayDefinition[]) => {
  const { modules, routes } = await createGateways(readConfig(environment), { gateways });
  return { names: modules.map(({ gateway }) => gateway.name), routes };
};
const SANDBOX_URL = 'http://127.0.0.1:1';

test('a gateway is on when all that it needs is set, beside the one that GATEWAY names', async () => {
  expect(await namesOf({ SANDBOX_URL }, fake('gift'), fake('away', ['SMTP_URL']))).toEqual({
    names: ['sandbox', 'gift'],
    routes: [
      { prefix: 'gift_', gateway: 'gift' },
      { prefix: '', gateway: 'sandbox' },
    ],
  });
});

test('without its settings the sandbox is off', async () => {
  expect(await namesOf({ GATEWAY: 'gift' }, fake('gift'))).toMatchObject({ names: ['gift'] });
});

test('the gateway that GATEWAY names must have its settings', async () => {
  await expect(namesOf({})).rejects.toThrow('Not set: SANDBOX_URL; the payment gateway "sandbox" needs it');
});
