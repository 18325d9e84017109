import { afterAll, beforeAll, describe } from '@jest/globals';
import type { GatewayModule } from '../../../../src/adapters/gateways/gateway-module.js';
import { createSandboxModule } from '../../../../src/adapters/gateways/sandbox/module.js';
import { createStripeModule } from '../../../../src/adapters/gateways/stripe/stripe-module.js';
import { serveSandbox } from '../../../../src/sandbox/serve.js';
import { describeGateway } from '../../../support/gateway-contract.js';
import { startFakeStripe, type FakeStripe } from '../../../support/stripe/fake-stripe.js';

const VOUCHER = new URL('../../../support/voucher/gateway.mjs', import.meta.url).href;
const settings = { timeoutMs: 60_000, settlingTimeMs: 0, breaker: { failures: 5, halfOpenAfterMs: 1_000 } };

let sandbox: Awaited<ReturnType<typeof serveSandbox>>;
let stripe: FakeStripe;
beforeAll(async () => {
  sandbox = await serveSandbox({ port: 0, latencyMs: { min: 0, max: 0 } });
  stripe = await startFakeStripe();
});
afterAll(async () => {
  await sandbox?.close();
  await stripe?.close();
});

describe('the sandbox', () => {
  describeGateway(() => ({
    gateway: createSandboxModule({ ...settings, baseUrl: sandbox.url, eventSecrets: [] }).gateway,
    methods: { taken: 'pm_ok', declined: 'pm_declined' },
  }));
});

describe('a gateway of a shop', () => {
  describeGateway(async () => {
    const { voucher } = (await import(VOUCHER)) as { voucher: { create(): GatewayModule } };
    return { gateway: voucher.create().gateway, methods: { taken: 'voucher_ok', declined: 'voucher_empty' } };
  });
});

describe('Stripe', () => {
  describeGateway(async () => {
    const access = { secretKey: 'sk_test_abc', baseUrl: stripe.url, webhookSecrets: [] };
    const { gateway } = await createStripeModule({ ...settings, ...access });
    return { gateway, methods: { taken: 'pm_card_visa', declined: 'pm_card_chargeDeclined' } };
  });
});
