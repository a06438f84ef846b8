import { compositeKey } from './composite-key.ts';
import type { Delivery } from './delivery.ts';
import { describeError } from './error-description.ts';
import type { DeadLetter, DeadLetterReason } from './ports/dead-letter-store.ts';

/** Same consumer, source, handler and message: same id. */
export function deadLetterId(
  consumer: string,
  source: string,
  handler: string | undefined,
  messageId: string,
): string {
  return compositeKey(consumer, source, handler ?? '', messageId);
}

/** Whether a handler, or core itself, gave up on it. */
export function isGivenUp({ outcome, runs }: Delivery): boolean {
  if (outcome?.kind === 'done') return false;
  return outcome?.kind === 'dead' || runs.some((run) => run.outcome?.kind === 'dead');
}

/** The letters that a delivery's outcomes ask for: one a handler that gave up, or one for the whole. */
export function deadLettersOf(delivery: Delivery, consumer: string, now: number): readonly DeadLetter[] {
  const letters = delivery.runs.flatMap(({ outcome, plan, attempt, retries }) =>
    outcome?.kind === 'dead' && !outcome.kept
      ? [write(outcome.reason, outcome.cause, plan.registration.name, attempt + retries)]
      : [],
  );
  const { outcome } = delivery;
  if (outcome?.kind === 'dead' && delivery.runs.length === 0)
    letters.push(write(outcome.reason, outcome.cause, undefined, 0));
  return letters;

  function write(
    reason: DeadLetterReason,
    cause: unknown,
    handler: string | undefined,
    attempts: number,
  ): DeadLetter {
    const { incoming, message } = delivery;
    const id = deadLetterId(consumer, message.source, handler, message.id);
    const before = delivery.letters.find((letter) => letter.id === id);
    return {
      id,
      consumer,
      source: message.source,
      handler,
      reason,
      error: describeError(cause),
      attempts: attempts + (before?.attempts ?? 0),
      // Its next run goes by when it died, so that it must not have done so twice at the same time.
      diedAt: before ? Math.max(now, before.diedAt + 1) : now,
      redrives: before ? before.redrives + 1 : 0,
      message: {
        id: message.id,
        type: message.type,
        headers: message.headers,
        key: message.key,
        channel: message.channel,
        position: message.position,
        time: message.time?.getTime(),
        data: message.data,
        raw: incoming.raw,
      },
    };
  }
}
