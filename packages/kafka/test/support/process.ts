import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** What a Node needs to run the TypeScript of the packages as it is. */
const execArgv = [
  '--import',
  'tsx',
  '--conditions=@millrace/source',
  '--disable-warning=ExperimentalWarning',
  '--disable-warning=TimeoutNegativeWarning',
];

export interface Handled {
  readonly value: number;
  readonly channel: string;
}

/** A consumer in a process of its own. */
export interface ConsumerProcess {
  readonly handled: readonly Handled[];
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Answers its exit code, or the signal that ended it. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | string | null>;
}

export function startProcess(...args: readonly string[]): ConsumerProcess {
  return startProgram('consumer.ts', ...args);
}

/** One of those in `children`. */
export function startProgram(name: string, ...args: readonly string[]): ConsumerProcess {
  const program = fileURLToPath(new URL(`../children/${name}`, import.meta.url));
  const child = fork(program, args, { execArgv });
  onTestFinished(() => void child.kill('SIGKILL'));
  const handled: Handled[] = [];
  child.on('message', (message) => void handled.push(message as Handled));
  const closed = once(child, 'close');
  return {
    handled,
    signal: (signal) => void child.kill(signal),
    async end(signal) {
      child.kill(signal);
      const [code, by] = (await closed) as [number | null, string | null];
      return code ?? by;
    },
  };
}
