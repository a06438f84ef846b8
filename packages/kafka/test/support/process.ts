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

/** A process of its own that says things. */
export interface Program<Said> {
  readonly said: readonly Said[];
  tell(message: string): void;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Answers its exit code, or the signal that ended it. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | string | null>;
}

/** One of those in `children`. */
export function startProgram<Said>(name: string, ...args: readonly string[]): Program<Said> {
  const program = fileURLToPath(new URL(`../children/${name}`, import.meta.url));
  const child = fork(program, args, { execArgv });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said: Said[] = [];
  child.on('message', (message) => void said.push(message as Said));
  const closed = once(child, 'close');
  return {
    said,
    tell: (message) => void child.send(message),
    signal: (signal) => void child.kill(signal),
    async end(signal) {
      child.kill(signal);
      const [code, by] = (await closed) as [number | null, string | null];
      return code ?? by;
    },
  };
}

export interface Handled {
  readonly value: number;
  readonly channel: string;
}

/** A consumer in a process of its own, which says what it has handled. */
export type ConsumerProcess = Omit<Program<Handled>, 'said' | 'tell'> & {
  readonly handled: readonly Handled[];
};

export function startProcess(...args: readonly string[]): ConsumerProcess {
  const { said, signal, end } = startProgram<Handled>('consumer.ts', ...args);
  return { handled: said, signal, end };
}
