import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';

/** Passes all calls on to the sandbox, and writes down the headers that came with them. */
export async function startRecordingGateway(target: string) {
  const calls: { method: string; path: string; headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    const { method = 'GET', url: path = '/', headers } = request;
    calls.push({ method, path, headers });
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const passed = ['content-type', 'idempotency-key'].flatMap((name) => {
        const value = headers[name];
        return typeof value === 'string' ? [[name, value] as [string, string]] : [];
      });
      const body = chunks.length === 0 ? null : Buffer.concat(chunks).toString();
      void fetch(`${target}${path}`, { method, headers: Object.fromEntries(passed), body })
        .then(async (answer) => {
          const text = await answer.text();
          response.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(text);
        })
        .catch(() => response.destroy());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls,
    async close(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
