import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { nodeOptions } from '../node-options.ts';
import { until } from '../until.ts';
import type { FromReader, ReaderConfig } from './reader-messages.ts';

/** One reader at a time, and what a supervisor does for it: it is started again when its start fails. */
export interface Reader {
  /** Processes so far. */
  readonly starts: number;
  /** Why it ended when nobody had asked it to. */
  readonly failure: string | undefined;
  start(): void;
  /** Waits until it has started. */
  reading(): Promise<void>;
  /** What it says of itself; undefined when it is gone. */
  health(): Promise<unknown>;
  /** Resolves when it is gone, with its exit code or the signal. Nobody starts it again. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | string>;
}

/** It ends with the test. */
export function createReader(config: ReaderConfig): Reader {
  const file = new URL('../../children/salesforce-reader.ts', import.meta.url);
  let starts = 0;
  let failure: string | undefined;
  let child: ChildProcess | undefined;
  let ended: Promise<number | string> = Promise.resolve(0);
  let said: FromReader | undefined;
  let ending = true;

  function start(): void {
    starts += 1;
    ending = false;
    said = undefined;
    child = fork(file, [JSON.stringify({ ...config, seed: config.seed + starts })], {
      execArgv: [...nodeOptions],
    });
    child.on('message', (message: FromReader) => {
      if (message.kind !== 'health') said = message;
    });
    ended = once(child, 'exit').then(([code, signal]: unknown[]) => {
      const result = (code ?? signal) as number | string;
      if (ending) return result;
      if (said?.kind === 'not started') start();
      else failure = `It ended with ${result}. ${said && 'reason' in said ? said.reason : ''}`;
      return result;
    });
  }

  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | string> {
    ending = true;
    child?.kill(signal);
    return await ended;
  }
  onTestFinished(async () => void (await end('SIGKILL')));

  return {
    get starts() {
      return starts;
    },
    get failure() {
      return failure;
    },
    start,
    async reading() {
      await until(() => said?.kind === 'reading' || failure !== undefined);
    },
    async health() {
      if (!child?.connected) return undefined;
      child.send('health');
      return await Promise.race([once(child, 'message').then(([answer]: unknown[]) => answer), ended]);
    },
    end,
  };
}
