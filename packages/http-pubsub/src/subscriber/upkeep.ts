import type { SourceContext } from '@millrace/core';
import { isMillraceError, wait } from '@millrace/core';
import { httpPubsubError } from '../errors.ts';
import type { Reconciled } from './reconcile.ts';

export interface UpkeepOptions {
  readonly context: Pick<SourceContext, 'clock' | 'random' | 'log' | 'fetched' | 'degraded'>;
  readonly interval: number;
  readonly reconcile: () => Promise<Reconciled>;
  readonly onRenewed: () => void;
}

/** Looks after the subscriptions while a source is open. */
export interface Upkeep {
  /** A look soon: something was missed. */
  hurry(): void;
  stop(): Promise<void>;
}

/**
 * Milliseconds of silence after a sign of something missed: lonelypss says it up to 20 times within 100 ms, and then deletes
 * the subscription.
 */
const quiet = 500;
/** However many signs there are. */
const mostRests = 10;
/** Of one that failed, to the next. */
const retryDelay = 1_000;

export function keepUp({ context, interval, reconcile, onRenewed }: UpkeepOptions): Upkeep {
  const { clock, random, log } = context;
  const stopped = new AbortController();
  let woken = new AbortController();
  let hurried = false;
  let failures = 0;

  async function look(): Promise<void> {
    try {
      const result = await reconcile();
      failures = 0;
      context.fetched();
      if (result === 'right') return;
      log.warn('The broadcaster did not have the subscriptions; it has them again.', { result });
      if (result === 'renewed') onRenewed();
    } catch (error) {
      if (stopped.signal.aborted) return;
      failures += 1;
      const reason = isMillraceError(error)
        ? error
        : httpPubsubError('PUBSUB_SUBSCRIPTIONS', 'The subscriptions could not be looked at.', error);
      log.warn('The subscriptions could not be looked after.', { error: reason });
      context.degraded(reason);
    }
  }

  /** Until it is quiet, when there was a sign. */
  async function pause(): Promise<void> {
    const bound = failures > 0 ? Math.min(interval, retryDelay * 2 ** (failures - 1)) : interval;
    await rest(hurried ? quiet : bound * (0.9 + random() * 0.2));
    for (let rests = 0; hurried && rests < mostRests && !stopped.signal.aborted; rests += 1) {
      hurried = false;
      await rest(quiet);
    }
    hurried = false;
  }

  async function rest(milliseconds: number): Promise<void> {
    woken = new AbortController();
    await wait(clock, milliseconds, AbortSignal.any([stopped.signal, woken.signal]));
  }

  async function run(): Promise<void> {
    for (;;) {
      await pause();
      if (stopped.signal.aborted) return;
      await look();
    }
  }

  const running = run();
  return {
    hurry() {
      hurried = true;
      woken.abort();
    },
    async stop() {
      stopped.abort();
      await running;
    },
  };
}
