import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';

export interface ServerProcess {
  readonly pid: number;
  /** Resolves when the process has ended. Works twice. */
  stop(): Promise<void>;
}

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** The line of its stdout that says it can be used. */
  readonly ready: RegExp;
  /**
   * Milliseconds that it may take until then.
   * @default 60_000
   */
  readonly within?: number;
}

/** Milliseconds until a server that was asked to stop is made to. */
const patience = 5_000;

/**
 * Starts a server and waits until it says that it is ready. It never outlives this process, not even one that is killed.
 * Rejects with the last lines of its output when it ends before that.
 */
export async function startServer({
  command,
  args,
  env,
  ready,
  within = 60_000,
}: ServerCommand): Promise<ServerProcess> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const { pid } = child;
  if (pid === undefined) {
    const [error]: unknown[] = await once(child, 'error');
    throw new Error(`${command} could not be started.`, { cause: error });
  }
  tellReaper(`+${pid}`);
  child.once('exit', () => tellReaper(`-${pid}`));
  try {
    await untilReady(child, command, ready, within);
  } catch (error) {
    await stop(child);
    throw error;
  }
  return { pid, stop: () => stop(child) };
}

function untilReady(child: ChildProcess, command: string, ready: RegExp, within: number): Promise<void> {
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (what: string) => reject(new Error(`${command} ${what}:\n${lines.join('\n')}`));
    const impatience = setTimeout(() => fail(`was not ready after ${within} ms`), within);
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (lines.length > 20) lines.shift();
        if (!ready.test(line)) return;
        clearTimeout(impatience);
        resolve();
      });
    }
    child.once('close', (code, signal) => {
      clearTimeout(impatience);
      fail(`ended (${signal ?? code}) before it was ready`);
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), patience);
  await ended;
  clearTimeout(impatience);
}

let reaper: Writable | undefined;

function tellReaper(line: string): void {
  reaper ??= startReaper();
  reaper.write(`${line}\n`);
}

/** Its stdin is a pipe from here, which the system closes when this process ends. */
function startReaper(): Writable {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'reaper.ts')], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  });
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
  return child.stdin;
}
