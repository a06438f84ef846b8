import type { ChildProcess } from 'node:child_process';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** What a Node needs to run the TypeScript of the packages as it is. */
const nodeOptions = [
  '--import',
  'tsx',
  '--conditions=@millrace/source',
  '--disable-warning=ExperimentalWarning',
];

export interface Handled {
  readonly n: number;
  readonly key: string;
}

/** A consumer in a process of its own. */
export interface ConsumerProcess {
  readonly handled: readonly Handled[];
  /** Answers its exit code, or the signal that ended it. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | string | null>;
}

export function startConsumer(
  mode: 'catch-up' | 'persistent',
  connectionString: string,
  storePath: string,
): ConsumerProcess {
  const program = fileURLToPath(new URL('../children/consumer.ts', import.meta.url));
  const child = fork(program, [mode, connectionString, storePath], { execArgv: nodeOptions });
  onTestFinished(() => void child.kill('SIGKILL'));
  const handled: Handled[] = [];
  child.on('message', (message) => void handled.push(message as Handled));
  const closed = once(child, 'close');
  return {
    handled,
    async end(signal) {
      child.kill(signal);
      const [code, by] = (await closed) as [number | null, string | null];
      return code ?? by;
    },
  };
}

/** `millrace-eventstore` in a process of its own, which can be frozen as a whole. */
export async function startServer(): Promise<{
  readonly process: ChildProcess;
  readonly connectionString: string;
}> {
  const program = fileURLToPath(new URL('../../../testing/src/millrace-eventstore.ts', import.meta.url));
  const child = spawn(process.execPath, [...nodeOptions, program, '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { process: child, ...(JSON.parse(line) as { connectionString: string }) };
}

export function storePath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-eventstore-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'store.db');
}
