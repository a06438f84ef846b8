import type { Headers, HeaderValue, Message } from '@millrace/core';

/** What travels with an event that is to be tried again. */
export interface RetryFacts {
  /** Which try of its topic's it is, from 1. */
  readonly stage: number;
  /** Milliseconds since 1970. */
  readonly dueAt: number;
  /** The one handler that failed. */
  readonly handler: string;
  /** Runs that failed so far. */
  readonly attempts: number;
  /** As it was first. */
  readonly id: string;
  /** Where it was first, `orders[3]@42`. */
  readonly origin: string;
}

const prefix = 'millrace-retry-';

/** Undefined: the message is in no retry topic. */
export function retryFactsOf({ headers }: Message): RetryFacts | undefined {
  const text = (name: string) => {
    const value = headers[`${prefix}${name}`];
    return typeof value === 'string' ? value : '';
  };
  const handler = text('handler');
  const stage = Number(text('stage'));
  if (handler === '' || !Number.isSafeInteger(stage) || stage < 1) return undefined;
  return {
    stage,
    handler,
    dueAt: Number(text('due-at')) || 0,
    attempts: Number(text('attempts')) || stage,
    id: text('id'),
    origin: text('origin'),
  };
}

export function withRetryFacts(headers: Headers, facts: RetryFacts, error: unknown): Headers {
  return {
    ...withoutRetryFacts(headers),
    [`${prefix}stage`]: String(facts.stage),
    [`${prefix}due-at`]: String(facts.dueAt),
    [`${prefix}handler`]: facts.handler,
    [`${prefix}attempts`]: String(facts.attempts),
    [`${prefix}id`]: facts.id,
    [`${prefix}origin`]: facts.origin,
    [`${prefix}error`]: (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(
      0,
      1_000,
    ),
  };
}

/** Those that the event had first. */
export function withoutRetryFacts(headers: Headers): Headers {
  const first: Record<string, HeaderValue> = Object.create(null) as Record<string, HeaderValue>;
  for (const [name, value] of Object.entries(headers)) if (!name.startsWith(prefix)) first[name] = value;
  return first;
}
