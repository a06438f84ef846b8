import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

export interface Child {
  readonly process: ChildProcess;
  /** Writes a line to its input. */
  tell(line: string): void;
  /** The next line of its output; rejects when it ends before. */
  nextLine(): Promise<string>;
  /** Its exit code or the signal that ended it, once it has ended. */
  readonly ended: Promise<number | string>;
}

/** What a Node needs to run the TypeScript of the packages as it is. */
export const nodeOptions = [
  '--conditions=@millrace/source',
  '--disable-warning=ExperimentalWarning',
  ...(process.features.typescript ? [] : ['--experimental-strip-types']),
];

/** Runs a program of `../children` in a process of its own, which is killed when the test ends before it. */
export function startChild(
  program: string,
  args: readonly (string | number)[],
  fileSizeLimit?: number,
): Child {
  const file = new URL(`../children/${program}.ts`, import.meta.url).pathname;
  const command = [process.execPath, ...nodeOptions, file, ...args.map(String)];
  const child =
    fileSizeLimit === undefined
      ? spawn(command[0] ?? '', command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] })
      : spawn('sh', ['-c', `ulimit -f ${fileSizeLimit}; exec "$@"`, 'sh', ...command], {
          stdio: ['pipe', 'pipe', 'inherit'],
        });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'exit').then(([code, signal]: unknown[]) => (code ?? signal) as number | string);
  return {
    process: child,
    tell: (line) => child.stdin.write(`${line}\n`),
    async nextLine() {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${program} ended with ${await ended} and said nothing more.`);
      return value;
    },
    ended,
  };
}
