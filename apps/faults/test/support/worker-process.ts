import { fork } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import type { FromWorker, WorkerConfig } from './worker-messages.ts';
import { nodeOptions } from './node-options.ts';
import { until } from './until.ts';

/** A consumer in a process of its own. */
export interface WorkerProcess {
  /** What it has said so far. */
  readonly said: readonly FromWorker[];
  /** Waits until it says such a thing. */
  says(kind: FromWorker['kind']): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Sends the signal, and resolves when it is gone, with its exit code or the signal. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | string>;
}

/** Starts it; it ends with the test. */
export function startWorker(config: WorkerConfig): WorkerProcess {
  const file = new URL('../children/worker.ts', import.meta.url);
  const child = fork(file, [JSON.stringify(config)], { execArgv: [...nodeOptions] });
  const said: FromWorker[] = [];
  child.on('message', (message: FromWorker) => said.push(message));
  const ended = once(child, 'exit').then(([code, signal]: unknown[]) => (code ?? signal) as number | string);
  let gone: number | string | undefined;
  void ended.then((ending) => (gone = ending));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    said,
    async says(kind) {
      await until(() => said.some((message) => message.kind === kind) || gone !== undefined);
      if (said.some((message) => message.kind === kind)) return;
      throw new Error(`Worker ${config.worker} ended with ${gone} before it said "${kind}".`);
    },
    signal: (signal) => void child.kill(signal),
    async end(signal) {
      child.kill(signal);
      return await ended;
    },
  };
}
