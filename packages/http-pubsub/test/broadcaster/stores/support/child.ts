import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

export interface Child {
  /** The next line of its output; rejects when it ends before. */
  nextLine(): Promise<string>;
  /** SIGKILL; resolves with the lines that it had still said. */
  kill(): Promise<readonly string[]>;
}

const nodeOptions = [
  '--conditions=@millrace/source',
  '--disable-warning=ExperimentalWarning',
  ...(process.features.typescript ? [] : ['--experimental-strip-types']),
];

export interface ChildSettings {
  /** Files that it writes can't grow beyond so many kilobytes. */
  readonly fileLimit?: number;
}

/** Runs a program of `../children` in a process of its own, which is killed when the test ends before it. */
export function startChild(
  program: string,
  args: readonly string[],
  { fileLimit }: ChildSettings = {},
): Child {
  const file = new URL(`../children/${program}.ts`, import.meta.url).pathname;
  const command = [process.execPath, ...nodeOptions, file, ...args];
  const limited = ['-c', `trap '' XFSZ; ulimit -f ${fileLimit}; exec "$@"`, 'bash', ...command];
  const [executable = '', ...rest] = fileLimit === undefined ? command : ['bash', ...limited];
  const child = spawn(executable, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'exit');
  return {
    async nextLine() {
      const { value, done } = await lines.next();
      if (done === true)
        throw new Error(`${program} ended with ${String(await ended)} and said nothing more.`);
      return value;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
      const rest: string[] = [];
      for (let line = await lines.next(); line.done !== true; line = await lines.next())
        rest.push(line.value);
      return rest;
    },
  };
}
