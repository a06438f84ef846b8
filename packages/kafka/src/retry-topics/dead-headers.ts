import type { DeadLetter, Headers, HeaderValue, Message } from '@millrace/core';

/** What of a dead letter is needed to send its event again. */
export interface DeadFacts {
  readonly id: string;
  /** The one handler that gave up; undefined when none was reached. */
  readonly handler: string | undefined;
  /** Where it died, `orders[3]@42`. */
  readonly origin: string;
  /** Milliseconds since 1970, as text. */
  readonly diedAt: string;
  readonly attempts: number;
  readonly error: string;
}

const prefix = 'millrace-dead-';

/** The event's own headers, and why it died, after how many attempts and where. */
export function withDeadFacts({ message, error, ...letter }: DeadLetter): Headers {
  const { channel, position } = message;
  const facts = {
    letter: letter.id,
    id: message.id,
    reason: letter.reason,
    attempts: String(letter.attempts),
    'died-at': String(letter.diedAt),
    consumer: letter.consumer,
    source: letter.source,
    handler: letter.handler,
    origin: position === undefined ? channel : `${channel}@${position}`,
    error: `${error.name}: ${error.message}`.slice(0, 1_000),
    code: error.code,
  };
  const headers: Record<string, HeaderValue> = { ...withoutDeadFacts(message.headers) };
  for (const [name, value] of Object.entries(facts))
    if (value !== undefined) headers[`${prefix}${name}`] = value;
  return headers;
}

/** Undefined: the message is no dead letter. */
export function deadFactsOf({ headers }: Message): DeadFacts | undefined {
  const text = (name: string) => {
    const value = headers[`${prefix}${name}`];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const [id, origin, diedAt] = [text('id'), text('origin'), text('died-at')];
  if (id === undefined || origin === undefined || diedAt === undefined) return undefined;
  return {
    id,
    origin,
    diedAt,
    handler: text('handler'),
    attempts: Number(text('attempts')) || 1,
    error: text('error') ?? '',
  };
}

export function withoutDeadFacts(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(prefix)));
}
