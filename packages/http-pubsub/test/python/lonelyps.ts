import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SuiteOptions } from 'vitest';
import { freePort } from '../../../../scripts/servers/free-port.ts';
import { installPythonPackages, pythonWith } from '../../../../scripts/servers/python-packages.ts';
import { startServer } from '../../../../scripts/servers/server-process.ts';
import { skipWithout } from '../../../../scripts/servers/skip-reason.ts';
import type { Secrets } from '../../src/index.ts';
import { formatSecrets } from '../../src/index.ts';

const lonelyps = {
  name: 'lonelyps-0.0.11',
  packages: [
    'lonelypss==0.0.11',
    'lonelypsc==0.0.17',
    'lonelypsp==0.0.46',
    'fastapi==0.165.0',
    'aiohttp==3.14.5',
    'uvicorn==0.54.0',
    'websockets==17.4',
    'zstandard==0.25.0',
  ],
};

/** The Python that has lonelypss, lonelypsc and lonelypsp. */
export const python = pythonWith(lonelyps);

/** Where Python finds `stock.py`, for programs that are elsewhere. */
export const pythonPath = import.meta.dirname;

/** Options of a suite that talks to the Python packages: `describe('…', await needsLonelyps(), () => { … })`. */
export async function needsLonelyps(): Promise<SuiteOptions> {
  return skipWithout(await installPythonPackages(lonelyps));
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
  const { stdout } = await promisify(execFile)(python, ['-c', query]);
  return stdout.trim() === '1';
}
