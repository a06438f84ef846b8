import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A worker, seen from the process that started it. */
export interface WorkerProcess {
  readonly name: string;
  readonly pid: number | undefined;
  readonly isAlive: boolean;
  /** Resolves when it reads from its sources; rejects when it ends before. */
  readonly ready: Promise<void>;
  /** Whether it has sent such a message. */
  hasSaid(message: string): boolean;
  /** How it ended, and its last lines, when nobody had asked it to end. */
  readonly crash: string | undefined;
  /** SIGKILL: it can do nothing about it. Resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM: it drains. Resolves when it is gone, with what was wrong if it did not end as it should. */
  drain(): Promise<string | undefined>;
}

/** Much longer than a drain takes. Milliseconds. */
const drainLimit = 30_000;

export interface WorkerSurroundings {
  /** For the file that its log goes to. */
  readonly directory: string;
  /** Secrets: a command line can be read by anybody on the machine. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts a process. It gets its configuration on the command line, and sends "ready". */
export function startWorker(
  config: { readonly name: string },
  { directory, environment }: WorkerSurroundings,
  program = new URL('./main.ts', import.meta.url),
): WorkerProcess {
  const { name } = config;
  const logFile = join(directory, `${name.replaceAll(' ', '-')}.log`);
  const log = openSync(logFile, 'a');
  const child = fork(program, [JSON.stringify(config)], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  let ending: string | undefined;
  let toldToEnd = false;
  const said = new Set<unknown>();
  child.on('message', (message) => said.add(message));
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      ending = signal === null ? `exit code ${code}` : `signal ${signal}`;
      resolve();
    });
  });

  function tell(signal: NodeJS.Signals): Promise<void> {
    toldToEnd = true;
    child.kill(signal);
    return exited;
  }

  function endedEarly(): never {
    throw new Error(worker.crash ?? `${name} was told to end before it was ready.`);
  }

  const worker: WorkerProcess = {
    name,
    pid: child.pid,
    ready: Promise.race([isReady(child), exited.then(endedEarly)]),
    hasSaid: (message) => said.has(message),
    get isAlive() {
      return ending === undefined;
    },
    get crash() {
      return ending === undefined || toldToEnd
        ? undefined
        : `${name} ended with ${ending}:\n${lastLines(logFile)}`;
    },
    kill: () => tell('SIGKILL'),
    async drain() {
      const enough = setTimeout(() => child.kill('SIGKILL'), drainLimit);
      await tell('SIGTERM');
      clearTimeout(enough);
      return ending === 'exit code 0' ? undefined : `${name} did not drain: it ended with ${ending}.`;
    },
  };
  return worker;
}

function isReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('message', () => resolve());
  });
}

function lastLines(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
}
