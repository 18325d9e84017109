import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../../../src/embedded/tcp-ports.js';
import type { Workshop } from '../../../src/embedded/program-chain.js';
import { download } from '../../../src/embedded/program-download.js';
import { provideTemporalCli, provideTimeSkippingServer, type ProgramOptions } from '../../../src/embedded/programs.js';
import { findOnPath } from '../../../src/embedded/search-path.js';
import { archiveWith, openProgramSite, openSilentSite, type ProgramSite } from './program-site.js';

const says = (word: string) => `#!/bin/sh\necho ${word}\n`;

let home: string;
let bin: string;
let cacheDirectory: string;
let reported: string[];
let sites: ProgramSite[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-programs-'));
  bin = join(home, 'bin');
  cacheDirectory = join(home, 'cache');
  reported = [];
  sites = [];
  await mkdir(bin);
  for (const tool of ['tar', 'gzip', 'cat', 'sleep', 'mkdir', 'chmod']) {
    await symlink((await findOnPath(tool, process.env)) ?? tool, join(bin, tool));
  }
});

afterEach(async () => {
  for (const site of sites) site.close();
  await rm(home, { recursive: true, force: true });
});

async function program(directory: string, name: string, script: string): Promise<string> {
  const path = join(directory, name);
  await mkdir(directory, { recursive: true });
  await writeFile(path, script, { mode: 0o755 });
  return path;
}

/** A compiler that counts its runs, takes its time, and leaves a program in GOBIN. */
async function compiler(): Promise<() => Promise<number>> {
  const runs = join(home, 'runs');
  const script = `#!/bin/sh
echo run >> ${runs}
sleep 0.3
echo '#!/bin/sh' > "$GOBIN/temporal"
echo 'echo built' >> "$GOBIN/temporal"
`;
  await program(bin, 'go', script);
  return async () => (await readFile(runs, 'utf8')).trim().split('\n').length;
}

async function siteWith(archive: Buffer, file = 'temporal'): Promise<ProgramSite> {
  const site = await openProgramSite(archive, file);
  sites.push(site);
  return site;
}

async function options(more: Partial<ProgramOptions> = {}): Promise<ProgramOptions> {
  const downloadSite = `http://127.0.0.1:${await freePort()}`;
  return { cacheDirectory, searchPath: bin, downloadSite, report: (line) => reported.push(line), ...more };
}

async function output(path: string): Promise<string> {
  return (await promisify(execFile)(path)).stdout.trim();
}

describe('providing the Temporal CLI', () => {
  it('takes the program that was named over the one on PATH', async () => {
    await program(bin, 'temporal', says('path'));
    const override = await program(home, 'chosen', says('override'));
    expect(await provideTemporalCli(await options({ override }))).toBe(override);
  });

  it('refuses a named program that cannot be run, whatever else there is', async () => {
    await program(bin, 'temporal', says('path'));
    const override = join(home, 'nothing');
    await expect(provideTemporalCli(await options({ override }))).rejects.toThrow(
      `HOLDFAST_TEMPORAL_CLI is set to ${override}`,
    );
  });

  it('takes the program on PATH over the one in the cache', async () => {
    const onPath = await program(bin, 'temporal', says('path'));
    await program(cacheDirectory, 'temporal', says('cache'));
    expect(await provideTemporalCli(await options())).toBe(onPath);
  });

  it('takes the program in the cache over a download', async () => {
    const kept = await program(cacheDirectory, 'temporal', says('cache'));
    const site = await siteWith(await archiveWith(home, 'temporal', says('downloaded')));
    expect(await provideTemporalCli(await options({ downloadSite: site.url }))).toBe(kept);
    expect(site.asked).toEqual([]);
  });

  it('downloads and unpacks it once, and keeps it', async () => {
    const site = await siteWith(await archiveWith(home, 'temporal', says('downloaded')));
    const path = await provideTemporalCli(await options({ downloadSite: site.url }));
    expect(path).toBe(join(cacheDirectory, 'temporal'));
    expect(await output(path)).toBe('downloaded');
    expect(await provideTemporalCli(await options({ downloadSite: site.url }))).toBe(path);
    expect(site.asked).toEqual([
      expect.stringMatching(/^\/cli\/v[\d.]+\?arch=\w+&platform=\w+&format=tar.gz$/),
      '/archive',
    ]);
    expect(await readdir(cacheDirectory)).toEqual(['temporal']);
  });

  it('builds it when the download is cut short, of which nothing stays behind', async () => {
    const runs = await compiler();
    const whole = await archiveWith(home, 'temporal', says('downloaded'));
    const site = await siteWith(whole.subarray(0, whole.length / 2));
    expect(await output(await provideTemporalCli(await options({ downloadSite: site.url })))).toBe('built');
    expect(await runs()).toBe(1);
    expect(await readdir(cacheDirectory)).toEqual(['temporal']);
  });

  it('does not keep a downloaded program that does not run here', async () => {
    await compiler();
    const site = await siteWith(await archiveWith(home, 'temporal', '#!/bin/sh\nexit 126\n'));
    expect(await output(await provideTemporalCli(await options({ downloadSite: site.url })))).toBe('built');
  });

  it('is built once for two starters, of which one reports that it waits', async () => {
    const runs = await compiler();
    const paths = await Promise.all([provideTemporalCli(await options()), provideTemporalCli(await options())]);
    expect(paths).toEqual([join(cacheDirectory, 'temporal'), join(cacheDirectory, 'temporal')]);
    expect(await runs()).toBe(1);
    expect(reported).toContainEqual(expect.stringMatching(/process \d+ is building it; waiting/));
    expect(await readdir(cacheDirectory)).toEqual(['temporal']);
  });

  it('removes what a killed starter left half made', async () => {
    await compiler();
    await program(join(cacheDirectory, '.temporal.killed'), 'temporal', says('half'));
    await provideTemporalCli(await options());
    expect(await readdir(cacheDirectory)).toEqual(['temporal']);
  });

  it('names every way with its reason, and what to install, when none works', async () => {
    const providing = provideTemporalCli(await options());
    const error = await providing.catch((reason: unknown) => reason);
    const message = String(error);
    expect(message).toContain('HOLDFAST_TEMPORAL_CLI: not set');
    expect(message).toContain('temporal on PATH: not found');
    expect(message).toContain(`${join(cacheDirectory, 'temporal')}: not there`);
    expect(message).toMatch(/download from http:\S+: fetch failed: .*ECONNREFUSED/);
    expect(message).toMatch(/go install \S+: go is not on PATH/);
    expect(message).toContain('Install the Temporal CLI');
    expect(await readdir(cacheDirectory)).toEqual([]);
  });
});

describe('providing the time-skipping server', () => {
  it('makes a launcher that becomes the Java process, when only Maven is there', async () => {
    await program(bin, 'mvn', '#!/bin/sh\nfor arg; do :; done\nmkdir -p "${arg#*=}"\n');
    const listen = 'require("node:net").createServer().listen(Number(process.argv.at(-1)), "127.0.0.1")';
    await program(bin, 'java', `#!/bin/sh\nfor arg; do :; done\nexec ${process.execPath} -e '${listen}' "$arg"\n`);
    const path = await provideTimeSkippingServer(await options());
    expect(path).toBe(join(cacheDirectory, 'temporal-test-server'));
    expect(await readFile(path, 'utf8')).toMatch(/^exec java .*io\.temporal\.testserver\.TestServer "\$@"$/m);
  });

  it('does not keep a launcher whose program ends at once', async () => {
    await program(bin, 'mvn', '#!/bin/sh\nexit 0\n');
    await program(bin, 'java', '#!/bin/sh\necho no such class\nexit 1\n');
    const providing = provideTimeSkippingServer(await options());
    await expect(providing).rejects.toThrow(/Maven [^]*ended with code 1\nno such class[^]*HOLDFAST_TEST_SERVER/);
    expect(await readdir(cacheDirectory)).not.toContain('temporal-test-server');
  });
});

describe('a download', () => {
  const bench = (): Workshop => ({
    directory: home,
    cacheDirectory,
    environment: { PATH: bin },
    report: () => {},
  });

  it('gives a site that takes the question and never answers up soon', async () => {
    const site = await openSilentSite();
    sites.push(site);
    const way = download({ site: site.url, artifact: 'cli', version: 'default', answerMs: 100 });
    await expect(way.make(bench())).rejects.toThrow(/no answer from 127\.0\.0\.1:\d+ within 100 ms/);
  });

  it('refuses a file name that leads out of the archive', async () => {
    const site = await siteWith(Buffer.from('never read'), '../../temporal');
    const way = download({ site: site.url, artifact: 'cli', version: 'default' });
    await expect(way.make(bench())).rejects.toThrow('the site did not return the address');
    expect(site.asked).toHaveLength(1);
  });
});
