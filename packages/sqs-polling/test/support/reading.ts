import type { Incoming, SourceSession } from '@millrace/core';
import { sqs } from '../../src/source.ts';
import type { SqsOptions } from '../../src/options.ts';
import type { TestDemand } from './demand.ts';
import { demandOf } from './demand.ts';
import type { TestContext } from './source-context.ts';
import { sourceContext } from './source-context.ts';

export interface Reading {
  readonly context: TestContext;
  readonly session: SourceSession;
  readonly demand: TestDemand;
  /** What came so far, batch by batch. */
  readonly batches: readonly (readonly Incoming[])[];
  readonly messages: readonly Incoming[];
  /** The message at a place. Throws when it has not come. */
  message(place: number): Incoming;
  /** Settles when `receive` has ended; rejects with what it threw. */
  readonly ended: Promise<void>;
  /** Stops and closes. */
  end(): Promise<void>;
}

/** Opens a source and reads it the way core does, except that nothing is handled. */
export async function read(
  options: SqsOptions,
  { room = 32, context = sourceContext() }: { room?: number; context?: TestContext } = {},
): Promise<Reading> {
  const session = await sqs(options).open(context);
  const demand = demandOf(room);
  const batches: (readonly Incoming[])[] = [];
  async function pull() {
    for await (const batch of session.receive(demand)) {
      if ('position' in batch) throw new Error('A queue has no positions.');
      batches.push(batch);
    }
  }
  const ended = pull();
  // A test that waits for the end sees the error there.
  ended.catch(() => {});
  return {
    context,
    session,
    demand,
    batches,
    get messages() {
      return batches.flat();
    },
    message(place) {
      const message = batches.flat()[place];
      if (!message) throw new Error(`There is no message at ${place}.`);
      return message;
    },
    ended,
    async end() {
      context.stop();
      await session.close();
      await ended.catch(() => {});
    },
  };
}
