import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startHoldfast } from './holdfast.mjs';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The Holdfast of an older commit, or of a directory with a built checkout, started like today's. */
export async function startOlder(lifetime, directory, against) {
  const isBuilt = existsSync(join(against, 'dist/main.js'));
  const tree = isBuilt ? resolve(against) : await checkOut(lifetime, directory, against);
  return startHoldfast(lifetime, directory, { name: `Holdfast ${isBuilt ? 'before' : against}`, prefix: 'o', tree });
}

async function checkOut(lifetime, directory, commit) {
  const tree = join(directory, 'older');
  const git = (...args) => run('git', args, { cwd: ROOT });
  await lifetime.start(`checkout of ${commit}`, async () => {
    await git('worktree', 'add', '--detach', tree, commit);
    return { stop: () => git('worktree', 'remove', '--force', tree) };
  });
  const [ours, theirs] = await Promise.all([ROOT, tree].map((at) => readFile(join(at, 'package-lock.json'), 'utf8')));
  // The same packages need not be installed twice.
  if (ours === theirs) await symlink(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  else await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: tree });
  await run('npm', ['run', 'build'], { cwd: tree });
  return tree;
}
