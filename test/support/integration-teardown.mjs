/** Stops what integration-setup.mjs started, and removes its data. */
export default async function teardown() {
  await globalThis.stopIntegrationServers?.();
}
