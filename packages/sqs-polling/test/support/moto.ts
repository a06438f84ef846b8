import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SuiteOptions } from 'vitest';
import '../../../../scripts/servers/needs-redis.ts';
import { startServer } from '../../../../scripts/servers/server-process.ts';

const version = '5.2.3';
const folder = join(import.meta.dirname, '../../../../.cache', `moto-${version}`);
const python = (environment: string) => join(environment, 'bin/python');
/** Milliseconds. */
const patience = 300_000;

const run = promisify(execFile);

/**
 * Looks for moto, an emulator of AWS in Python and our second opinion on SNS, and installs it from PyPI when it is not
 * there. Answers why there is none.
 */
async function findMoto(): Promise<string | undefined> {
  if (existsSync(folder)) return undefined;
  // Several files may need it at once: each builds its own, and the first one that is complete is taken.
  const building = `${folder}.${process.pid}.${randomUUID()}`;
  try {
    await run('python3', ['-m', 'venv', building], { timeout: patience });
    const packages = [`moto[sns,sqs]==${version}`, 'flask', 'flask-cors'];
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages];
    await run(python(building), install, { timeout: patience });
    await rename(building, folder);
    return undefined;
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    if (existsSync(folder)) return undefined;
    const [reason] = String(error).split('\n');
    return `moto ${version} can't be had, for which Python 3 and PyPI are needed (${reason})`;
  }
}

/** Options of a suite that talks to moto: `describe('…', await needsMoto(), () => { … })`. */
export async function needsMoto(): Promise<SuiteOptions> {
  const missing = await findMoto();
  return missing === undefined ? {} : { skip: true, meta: { skipReason: missing } };
}

export interface MotoServer {
  readonly endpoint: string;
  stop(): Promise<void>;
}

export async function startMoto(): Promise<MotoServer> {
  const host = '127.0.0.1';
  const port = await freePort(host);
  const { stop } = await startServer({
    command: python(folder),
    args: ['-m', 'moto.server', '-H', host, '-p', String(port)],
    ready: /Running on http/,
  });
  return { endpoint: `http://${host}:${port}`, stop };
}

async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('The system gave no port.');
  return address.port;
}
