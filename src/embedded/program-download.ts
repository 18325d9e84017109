import { createWriteStream } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { reasonOf } from './errors.js';
import type { Way } from './program-chain.js';
import { runCommand } from './run-command.js';
import { requireOnPath } from './search-path.js';

export interface DownloadSource {
  site: string;
  artifact: string;
  version: string;
  /** Short, so that a machine without a network soon tries the next way. */
  answerMs?: number;
  bodyMs?: number;
}

const ANSWER_MS = 5_000;
const BODY_MS = 5 * 60_000;
const UNPACK_MS = 60_000;

/** Downloads an archive from Temporal's own site, which first tells where the archive is and what is in it. */
export function download({ site, artifact, version, answerMs = ANSWER_MS, bodyMs = BODY_MS }: DownloadSource): Way {
  return {
    title: `download from ${site}`,
    async make({ directory, environment, report, signal }) {
      const limits = { answerMs, bodyMs, signal };
      const question = new URL(`/${artifact}/${version}`, site);
      question.search = new URLSearchParams(platformQuery()).toString();
      const told = await get(question, limits, (response) => response.json());
      const { archiveUrl, fileToExtract } = archiveOf(told);

      report(`${artifact}: downloading ${archiveUrl.href}`);
      const archive = join(directory, 'archive');
      await get(archiveUrl, limits, (response) => store(response, archive));
      const tar = await requireOnPath('tar', environment);
      const unpack = ['-xf', archive, '-C', directory, fileToExtract];
      await runCommand(tar, unpack, {
        environment,
        deadlineMs: UNPACK_MS,
        ...(signal === undefined ? {} : { signal }),
      });
      return join(directory, fileToExtract);
    },
  };
}

function platformQuery(): Record<string, string> {
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch as string];
  if (arch === undefined) throw new Error(`there is none for ${process.arch}`);
  const platform = { win32: 'windows', darwin: 'darwin' }[process.platform as string] ?? 'linux';
  return { arch, platform, format: 'tar.gz' };
}

interface Limits {
  answerMs: number;
  bodyMs: number;
  signal: AbortSignal | undefined;
}

/** Fetches and reads with two deadlines: one until the answer begins, one for all of it. */
async function get<T>(
  url: URL,
  { answerMs, bodyMs, signal }: Limits,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const endEarly = () => ending.abort(signal?.reason);
  signal?.addEventListener('abort', endEarly);
  const end = (what: string, ms: number) => () => ending.abort(new Error(`${what} from ${url.host} within ${ms} ms`));
  let deadline = setTimeout(end('no answer', answerMs), answerMs);
  try {
    const response = await fetch(url, { signal: ending.signal });
    clearTimeout(deadline);
    deadline = setTimeout(end('no complete answer', bodyMs), bodyMs);
    if (!response.ok) throw new Error(`${url.host} answered ${response.status}`);
    return await read(response);
  } catch (error) {
    throw ending.signal.aborted ? ending.signal.reason : new Error(reasonOf(error), { cause: error });
  } finally {
    clearTimeout(deadline);
    signal?.removeEventListener('abort', endEarly);
  }
}

function archiveOf(told: unknown): { archiveUrl: URL; fileToExtract: string } {
  if (typeof told === 'object' && told !== null && 'archiveUrl' in told && 'fileToExtract' in told) {
    const { archiveUrl, fileToExtract } = told;
    if (typeof archiveUrl === 'string' && typeof fileToExtract === 'string' && staysInside(fileToExtract)) {
      return { archiveUrl: new URL(archiveUrl), fileToExtract };
    }
  }
  throw new Error('the site did not return the address of the archive');
}

function staysInside(path: string): boolean {
  return path !== '' && !isAbsolute(path) && !path.startsWith('-') && !path.split(/[/\\]/).includes('..');
}

async function store(response: Response, file: string): Promise<void> {
  if (response.body === null) throw new Error('the archive is empty');
  await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
}
