// A receiver of events, run by bench/events.mjs: tells its parent of each message before it answers.
import { createServer } from 'node:http';

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
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => name.startsWith('webhook-')));
    const body = Buffer.concat(chunks).toString();
    process.send({ kind: 'message', headers, body, status }, () => response.writeHead(status).end());
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.send({ kind: 'listening' }));
