import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

import { nodeOptions } from '../stores/support/child.ts';

export interface Program {
  /** Writes a line to its input. */
  tell(line: string): void;
  /** Reads its output up to this line; rejects when it ends before. */
  says(line: string): Promise<void>;
  /** The next line of its output; rejects when it ends before. */
  nextLine(): Promise<string>;
  kill(signal: 'SIGTERM' | 'SIGINT'): void;
  /** How it ended, once it has: its exit code or the signal, and what it wrote to standard error. */
  readonly ended: Promise<{ readonly exit: number | string; readonly errors: string }>;
}

/** Runs a program of `dispatch/children` in a process of its own, which is killed when the test ends before it. */
export function startProgram(
  name: string,
  args: readonly string[],
  moreNodeOptions: readonly string[] = [],
): Program {
  const file = new URL(`../dispatch/children/${name}.ts`, import.meta.url).pathname;
  const child = spawn(process.execPath, [...nodeOptions, ...moreNodeOptions, file, ...args], {
    stdio: 'pipe',
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const errors = text(child.stderr);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = once(child, 'exit').then(([code, signal]: unknown[]) => (code ?? signal) as number | string);

  async function nextLine(): Promise<string> {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`${name} ended with ${await exited}: ${await errors}`);
    return value;
  }

  return {
    tell: (line) => child.stdin.write(`${line}\n`),
    nextLine,
    async says(line) {
      while ((await nextLine()) !== line);
    },
    kill: (signal) => void child.kill(signal),
    ended: exited.then(async (exit) => ({ exit, errors: await errors })),
  };
}
