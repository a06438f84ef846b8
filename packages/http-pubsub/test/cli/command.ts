import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, onTestFinished } from 'vitest';

/** The command in one file, as nearly as it is built: a process with hundreds of sources takes seconds to begin. */
const command = await bundle();

async function bundle(): Promise<string> {
  const folder = fileURLToPath(new URL('../../node_modules/.cache/millrace-pubsub', import.meta.url));
  const outfile = join(folder, `${process.pid}.js`);
  await build({
    entryPoints: [fileURLToPath(new URL('../../src/millrace-pubsub.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@millrace/source'],
    external: ['ioredis', 'undici', 'ws'],
    logLevel: 'error',
  });
  afterAll(() => rm(outfile));
  return outfile;
}

export interface CommandSettings {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the command in a process of its own, which is killed when the test ends before it. */
export function start(args: readonly string[], { cwd, env }: CommandSettings = {}) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', command, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: cwd ?? process.cwd(),
    env: { ...process.env, ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

export async function exitOf(child: ChildProcess) {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return { code: child.exitCode, signal: child.signalCode };
}

/** To its end. */
export async function run(args: readonly string[], settings: CommandSettings = {}) {
  const child = start(args, settings);
  const [out, err, exit] = await Promise.all([text(child.stdout), text(child.stderr), exitOf(child)]);
  return { ...exit, out, err };
}

export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-pubsub-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function writeConfig(folder: string, config: object): Promise<string> {
  const path = join(folder, 'broadcaster.json');
  await writeFile(path, JSON.stringify(config));
  return path;
}

/** A broadcaster that says where it is. */
export async function serve(config: object, settings: CommandSettings & { readonly folder?: string } = {}) {
  const folder = settings.folder ?? (await newFolder());
  const path = await writeConfig(folder, { listen: { port: 0 }, log: 'none', ...config });
  const child = start(['serve', '--config', path, '--json'], settings);
  const failed = text(child.stderr);
  const said = createInterface(child.stdout)[Symbol.asyncIterator]().next();
  const { value, done } = await said;
  if (done === true) throw new Error(`It did not start: ${await failed}`);
  return { child, folder, ...(JSON.parse(value) as { readonly url: string; readonly adminUrl?: string }) };
}
