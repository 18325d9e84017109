// A receiver of events: tells its parent of each message before it answers, or with "quiet" only takes them.
import { createServer } from 'node:http';

const [, , port, isQuiet] = process.argv;
let status = 204;
process.on('message', (wanted) => {
  status = wanted.status;
});
// Its parent is gone.
process.on('disconnect', () => process.exit());

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    if (isQuiet === 'quiet') return response.writeHead(status).end();
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => name.startsWith('webhook-')));
    const body = Buffer.concat(chunks).toString();
    process.send({ kind: 'message', headers, body, status }, () => response.writeHead(status).end());
  });
});
server.listen(Number(port), '127.0.0.1', () => process.send({ kind: 'listening' }));
