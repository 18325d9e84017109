import startServers from './integration-setup.mjs';
import provideTimeSkipping from './workflows-setup.mjs';

/** The model test needs PostgreSQL, which it shares with the integration tests of the same run, and time skipping. */
export default async function setup() {
  await provideTimeSkipping();
  if (process.env.HOLDFAST_IT_POSTGRES_URL === undefined) await startServers();
}
