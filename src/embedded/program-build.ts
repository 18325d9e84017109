import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Way, Workshop } from './program-chain.js';
import { runCommand } from './run-command.js';
import { executableName, requireOnPath } from './search-path.js';

const BUILD_DEADLINE_MS = 20 * 60_000;
const PROGRESS_MS = 15_000;

/** Builds a Go command from its module, such as `example.org/tool/cmd/tool@v1.2.3`. Takes minutes the first time. */
export function goInstall(name: string, module: string): Way {
  return {
    title: `go install ${module}`,
    async make(workshop) {
      const go = await requireOnPath('go', workshop.environment);
      await build(`${name}: building with Go`, workshop, go, ['install', '-v', module], { GOBIN: workshop.directory });
      return join(workshop.directory, executableName(name));
    },
  };
}

export interface JavaProgram {
  name: string;
  groupId: string;
  artifactId: string;
  version: string;
  mainClass: string;
}

/** Fetches a Java program with all it needs through Maven, and makes a launcher that becomes the Java process. */
export function mavenLauncher(program: JavaProgram): Way {
  const { name, groupId, artifactId, version, mainClass } = program;
  return {
    title: `Maven ${groupId}:${artifactId}:${version}`,
    async make(workshop) {
      if (process.platform === 'win32') throw new Error('its launcher needs a POSIX shell');
      const maven = await requireOnPath('mvn', workshop.environment);
      await requireOnPath('java', workshop.environment);
      const pom = join(workshop.directory, 'pom.xml');
      const fresh = join(workshop.directory, 'jars');
      await writeFile(pom, pomOf(program));
      const args = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', '-DincludeScope=runtime'];
      await build(`${name}: fetching with Maven`, workshop, maven, [...args, `-DoutputDirectory=${fresh}`], {});

      const jars = join(workshop.cacheDirectory, `${artifactId}-${version}`);
      await mkdir(fresh, { recursive: true });
      await rm(jars, { recursive: true, force: true });
      await rename(fresh, jars);
      const launcher = join(workshop.directory, name);
      await writeFile(launcher, launcherOf(jars, mainClass));
      return launcher;
    },
  };
}

async function build(
  what: string,
  { directory, environment, report, signal }: Workshop,
  file: string,
  args: readonly string[],
  more: NodeJS.ProcessEnv,
): Promise<void> {
  const startedAt = Date.now();
  let latest = 'starting';
  const progress = setInterval(() => {
    report(`${what}: ${Math.round((Date.now() - startedAt) / 1000)} s, ${latest}`);
  }, PROGRESS_MS);
  try {
    await runCommand(file, args, {
      environment: { ...environment, ...more },
      cwd: directory,
      deadlineMs: BUILD_DEADLINE_MS,
      ...(signal === undefined ? {} : { signal }),
      onLine: (line) => (latest = line.trim()),
    });
  } finally {
    clearInterval(progress);
  }
}

function pomOf({ groupId, artifactId, version }: JavaProgram): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>holdfast</groupId>
  <artifactId>launcher</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>${groupId}</groupId>
      <artifactId>${artifactId}</artifactId>
      <version>${version}</version>
    </dependency>
  </dependencies>
</project>
`;
}

function launcherOf(jars: string, mainClass: string): string {
  const quoted = `'${join(jars, '*').replaceAll("'", `'\\''`)}'`;
  return `#!/bin/sh
exec java -Xshare:auto -XX:TieredStopAtLevel=1 -cp ${quoted} ${mainClass} "$@"
`;
}
