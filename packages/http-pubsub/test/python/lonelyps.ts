import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SuiteOptions } from 'vitest';
import { freePort } from '../../../../scripts/servers/free-port.ts';
import '../../../../scripts/servers/needs-redis.ts';
import { startServer } from '../../../../scripts/servers/server-process.ts';
import type { Secrets } from '../../src/index.ts';
import { formatSecrets } from '../../src/index.ts';

const version = '0.0.11';
const packages = [
  `lonelypss==${version}`,
  'lonelypsc==0.0.17',
  'lonelypsp==0.0.46',
  'fastapi==0.165.0',
  'aiohttp==3.14.5',
  'uvicorn==0.54.0',
  'websockets==17.4',
  'zstandard==0.25.0',
];
const folder = join(import.meta.dirname, '../../../../.cache', `lonelyps-${version}`);
/** The Python that has lonelypss, lonelypsc and lonelypsp. */
export const python = join(folder, 'bin/python');
/** Milliseconds. */
const patience = 300_000;

const run = promisify(execFile);

/** Looks for the Python packages, and installs them from PyPI when they are not there. Answers why they can't be had. */
async function findLonelyps(): Promise<string | undefined> {
  if (existsSync(folder)) return undefined;
  // Several files may need it at once: each builds its own, and the first one that is complete is taken.
  const building = `${folder}.${process.pid}.${randomUUID()}`;
  try {
    await run('python3', ['-m', 'venv', building], { timeout: patience });
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages];
    await run(join(building, 'bin/python'), install, { timeout: patience });
    await rename(building, folder);
    return undefined;
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    if (existsSync(folder)) return undefined;
    const [reason] = String(error).split('\n');
    return `lonelypss ${version} can't be had, for which Python 3 and PyPI are needed (${reason})`;
  }
}

/** Options of a suite that talks to the Python packages: `describe('…', await needsLonelyps(), () => { … })`. */
export async function needsLonelyps(): Promise<SuiteOptions> {
  const missing = await findLonelyps();
  return missing === undefined ? {} : { skip: true, meta: { skipReason: missing } };
}

export interface LonelypssOptions {
  /** None: everybody is believed. */
  readonly secrets?: Secrets;
  /**
   * Makes its globs match. Builds of SQLite with LIKE_DOESNT_MATCH_BLOBS match no topic, which is bytes, with any glob:
   * those of Debian, of Python's images and of many others.
   */
  readonly matchGlobs?: boolean;
  /** Seconds between two looks for what was missed. */
  readonly sweepInterval?: number;
  /** Seconds that a subscriber may take for its answer. */
  readonly readTimeout?: number;
  /** @default true */
  readonly minimalHeaders?: boolean;
  /** @default any that is free */
  readonly port?: number;
}

export interface Lonelypss {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** The stock broadcaster, with an empty store. */
export async function startLonelypss(options: LonelypssOptions = {}): Promise<Lonelypss> {
  const { secrets, port = await freePort(), ...rest } = options;
  const store = await mkdtemp(join(tmpdir(), 'millrace-lonelypss-'));
  const secretsFile = secrets ? join(store, 'broadcaster-secrets.json') : '';
  if (secrets) await writeFile(secretsFile, formatSecrets(secrets), { mode: 0o600 });
  const program = join(import.meta.dirname, 'broadcaster.py');
  const server = await startServer({
    command: python,
    args: [program, String(port), store, secretsFile, JSON.stringify(rest)],
    ready: /Uvicorn running on/,
  });
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: server.pid,
    async stop() {
      await server.stop();
      await rm(store, { recursive: true, force: true });
    },
  };
}

/** Whether globs match where the broadcaster is left as it is. */
export async function stockGlobsMatch(): Promise<boolean> {
  const query =
    "import sqlite3; print(sqlite3.connect(':memory:').execute(\"SELECT CAST('a' AS BLOB) GLOB '*'\").fetchone()[0])";
  const { stdout } = await run(python, ['-c', query]);
  return stdout.trim() === '1';
}
