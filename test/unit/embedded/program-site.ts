import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface ProgramSite {
  url: string;
  asked: string[];
  close(): void;
}

/** A tar.gz with one script in it. */
export async function archiveWith(directory: string, name: string, script: string): Promise<Buffer> {
  const content = join(directory, 'content');
  await mkdir(content, { recursive: true });
  await writeFile(join(content, name), script);
  const archive = join(directory, 'made.tar.gz');
  await promisify(execFile)('tar', ['-czf', archive, '-C', content, name]);
  return readFile(archive);
}

/** Answers every question with where its one archive is, as Temporal's download site does. */
export async function openProgramSite(archive: Buffer, fileToExtract: string): Promise<ProgramSite> {
  return open((asked, base) => (request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/archive') response.end(archive);
    else response.end(JSON.stringify({ archiveUrl: `${base()}/archive`, fileToExtract }));
  });
}

/** Takes every question and answers none. */
export async function openSilentSite(): Promise<ProgramSite> {
  return open((asked) => (request) => {
    asked.push(request.url ?? '');
  });
}

async function open(listener: (asked: string[], base: () => string) => RequestListener): Promise<ProgramSite> {
  const asked: string[] = [];
  let url = '';
  const server = createServer(listener(asked, () => url));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return {
    url,
    asked,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
