import { execFile } from 'node:child_process';
import { availableParallelism, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { Client as DatabaseClient } from 'pg';
import { LINES_PER_ORDER, PRODUCT_COUNT } from './goods.mjs';

/** The machine, the versions and the load, in one line each. */
export async function machineFacts(sides) {
  const [{ databaseUrl }] = sides;
  const { temporalAddress } = sides.find((side) => side.temporalAddress !== undefined) ?? {};
  const cores = availableParallelism();
  return [
    `${cores} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform}; client and servers share them`,
    `Commit ${await commit()}, Node ${process.versions.node}, Temporal server ${temporalAddress ? await temporalVersion(temporalAddress) : '-'}, PostgreSQL ${await postgresVersion(databaseUrl)}`,
    `${LINES_PER_ORDER} lines per order, from ${PRODUCT_COUNT} SKUs`,
  ];
}

/** What Temporal stored for the newest order of a side. */
export async function sampleOrder({ temporalAddress, accepted }) {
  return withConnection(temporalAddress, async (connection) => {
    const handle = new Client({ connection }).workflow.getHandle(`order-${accepted.at(-1).order_id}`);
    const { historyLength, stateTransitionCount, historySizeBytes } = (await handle.describe()).raw
      .workflowExecutionInfo;
    return {
      events: Number(historyLength),
      transitions: Number(stateTransitionCount),
      bytes: Number(historySizeBytes),
    };
  });
}

/** What is measured: the commit of this checkout, and whether it has changes. */
async function commit() {
  const cwd = new URL('.', import.meta.url);
  const git = promisify(execFile);
  return git('git', ['describe', '--always', '--dirty', '--abbrev=10'], { cwd }).then(
    ({ stdout }) => stdout.trim(),
    () => 'unknown',
  );
}

async function temporalVersion(address) {
  return withConnection(address, async ({ workflowService }) => {
    const { serverVersion } = await workflowService.getSystemInfo({});
    return serverVersion;
  });
}

async function postgresVersion(databaseUrl) {
  const client = new DatabaseClient({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query('show server_version');
    return rows[0].server_version;
  } finally {
    await client.end();
  }
}

async function withConnection(address, work) {
  const connection = await Connection.connect({ address });
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}
