import type { Handler } from '../../src/handler.ts';
import type { HandlerContext } from '../../src/handler-context.ts';
import type { Message } from '../../src/message.ts';

export interface HeldRun {
  readonly message: Message;
  readonly context: HandlerContext;
  readonly signal: AbortSignal;
  finish(): void;
  fail(error: unknown): void;
}

/** A handler whose runs end when the test says so. */
export interface HeldHandler {
  readonly handle: Handler;
  /** Ids of the messages whose run has started, in order. */
  readonly started: readonly string[];
  /** The newest run for the message. */
  run(id: string): HeldRun;
  readonly running: ReadonlySet<HeldRun>;
  readonly mostRunning: number;
  finishAll(): void;
}

export function heldHandler(): HeldHandler {
  const runs: HeldRun[] = [];
  const running = new Set<HeldRun>();
  let mostRunning = 0;
  return {
    async handle(message, context) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const run: HeldRun = { message, context, signal: context.signal, finish: resolve, fail: reject };
      runs.push(run);
      running.add(run);
      mostRunning = Math.max(mostRunning, running.size);
      try {
        await promise;
      } finally {
        running.delete(run);
      }
    },
    get started() {
      return runs.map(({ message }) => message.id);
    },
    run(id) {
      const run = runs.findLast(({ message }) => message.id === id);
      if (run === undefined)
        throw new Error(
          `No run for ${id} has started; those that have: ${runs.map((it) => it.message.id).join(', ')}.`,
        );
      return run;
    },
    running,
    get mostRunning() {
      return mostRunning;
    },
    finishAll() {
      for (const run of running) run.finish();
    },
  };
}
