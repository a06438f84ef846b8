import { fork } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Answer, Question } from './messages.ts';

/** A process of ours, with a heap, a compiler and a CPU time of its own. */
export interface Worker<Calls extends object> {
  /** Has the process make a call, one at a time. Rejects with what that throws, and when the process ends. */
  ask<Name extends keyof Calls & string>(
    name: Name,
    ...args: ArgumentsOf<Calls[Name]>
  ): Promise<AnswerOf<Calls[Name]>>;
  close(): Promise<void>;
}

type ArgumentsOf<Call> = Call extends (...args: infer Args) => unknown ? Args : never;
type AnswerOf<Call> = Call extends (...args: never[]) => infer Reply ? Awaited<Reply> : never;

/** Starts a module that calls `serve`. */
export function startWorker<Calls extends object>(module: URL, args: readonly string[] = []): Worker<Calls> {
  const path = fileURLToPath(module);
  const child = fork(path, args, { serialization: 'advanced', execArgv: ['--conditions=@millrace/source'] });
  const ended = once(child, 'exit');

  async function death(): Promise<never> {
    const [code] = (await ended) as [number | null];
    throw new Error(`The process of ${[basename(path), ...args].join(' ')} ended with code ${code}.`);
  }

  return {
    async ask(name, ...args) {
      const answered = once(child, 'message');
      child.send({ name, args } satisfies Question);
      const [answer] = (await Promise.race([answered, death()])) as [Answer];
      if ('error' in answer) throw answer.error;
      return answer.value as AnswerOf<Calls[typeof name]>;
    },
    async close() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
