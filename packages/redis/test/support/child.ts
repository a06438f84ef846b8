import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

export interface Child {
  /** Writes a line to its input. */
  tell(line: string): void;
  /** The next line of its output; rejects when it ends before. */
  nextLine(): Promise<string>;
}

const nodeOptions = [
  '--conditions=@millrace/source',
  '--disable-warning=ExperimentalWarning',
  ...(process.features.typescript ? [] : ['--experimental-strip-types']),
];

/** Runs a program of `../children` in a process of its own, which is killed when the test ends before it. */
export function startChild(program: string, args: readonly (string | number)[]): Child {
  const file = new URL(`../children/${program}.ts`, import.meta.url).pathname;
  const child = spawn(process.execPath, [...nodeOptions, file, ...args.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'exit');
  return {
    tell: (line) => child.stdin.write(`${line}\n`),
    async nextLine() {
      const { value, done } = await lines.next();
      if (done === true)
        throw new Error(`${program} ended with ${String(await ended)} and said nothing more.`);
      return value;
    },
  };
}
