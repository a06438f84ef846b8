import type { Logger } from '@millrace/core';
import type { Metrics } from '../metrics.ts';
import type { LeasedHint } from '../ports/delivery-store.ts';
import type { PublishedMessage } from '../ports/message.ts';
import type { Subscriber } from '../ports/subscription-store.ts';
import { originOf } from './origin.ts';
import type { Outcome } from './outcome.ts';
import { failed } from './outcome.ts';
import { sendMessage } from './send-message.ts';
import { sendMissed } from './send-missed.ts';
import type { Sender } from './sender.ts';
import type { Slots } from './slots.ts';
import type { Standing } from './standing.ts';

/** Single attempts to tell a subscriber something, each in a slot. None of them rejects. */
export interface Attempts {
  /**
   * Undefined: it was not begun before `withdrawn` aborted. `began` is called when it is.
   */
  message(
    subscriber: Subscriber,
    message: PublishedMessage,
    withdrawn: AbortSignal,
    began?: () => void,
  ): Promise<Outcome | undefined>;
  hint(
    hint: Pick<LeasedHint, 'url' | 'recovery' | 'topic'>,
    withdrawn: AbortSignal,
  ): Promise<Outcome | undefined>;
  /** Milliseconds that an attempt can last, and some more. */
  readonly longest: number;
}

export interface AttemptsOptions {
  readonly sender: Sender;
  readonly slots: Slots;
  readonly standing: Standing;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Ends all at once. */
  readonly abort: AbortSignal;
}

/** Milliseconds that a store may take to note the end of an attempt. */
const margin = 5_000;

export function createAttempts({ sender, slots, standing, metrics, log, abort }: AttemptsOptions): Attempts {
  async function inSlot(
    url: string,
    withdrawn: AbortSignal,
    send: () => Promise<Outcome>,
  ): Promise<Outcome | undefined> {
    const origin = originOf(url);
    const outcome = await slots.run(
      origin,
      async () => {
        // It had a slot, and was withdrawn before it could use it.
        if (withdrawn.aborted) return undefined;
        try {
          return await send();
        } catch (error) {
          log.warn('A subscriber could not be called.', { origin, error });
          return failed('It can not be called.', { permanent: true });
        }
      },
      withdrawn,
    );
    if (outcome) slots.report(origin, outcome.kind !== 'failed' || !outcome.slow);
    return outcome;
  }

  return {
    longest: sender.timeout + margin,

    async message(subscriber, message, withdrawn, began) {
      const outcome = await inSlot(subscriber.url, withdrawn, () => {
        began?.();
        metrics.count('sent');
        return sendMessage(sender, subscriber.url, message, abort);
      });
      if (outcome === undefined || abort.aborted) return outcome;
      if (outcome.kind === 'confirmed') metrics.count('confirmed');
      else metrics.count('failed');
      if (outcome.kind === 'failed') {
        log.debug('A subscriber was not reached.', {
          origin: originOf(subscriber.url),
          reason: outcome.failure,
        });
      }
      await standing.note(subscriber, outcome);
      return outcome;
    },

    hint: (hint, withdrawn) => inSlot(hint.recovery, withdrawn, () => sendMissed(sender, hint, abort)),
  };
}
