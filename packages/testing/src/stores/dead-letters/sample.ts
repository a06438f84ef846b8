import type { DeadLetter, DeadMessage, Headers } from '@millrace/core';

type Changes = Partial<Omit<DeadLetter, 'message'>> & { readonly message?: Partial<DeadMessage> };

export function deadLetter(id: string, { message, ...changes }: Changes = {}): DeadLetter {
  return {
    id,
    consumer: 'billing',
    source: 'orders',
    handler: 'placed',
    reason: 'exhausted',
    error: {
      name: 'TypeError',
      code: undefined,
      message: 'no such customer',
      stack: 'TypeError: no such customer\n  at …',
    },
    attempts: 5,
    diedAt: 1_000,
    redrives: 0,
    ...changes,
    message: {
      id: `message of ${id}`,
      type: 'OrderPlaced.shop',
      headers: headers({}),
      key: undefined,
      channel: undefined,
      position: undefined,
      time: undefined,
      data: { order: 1 },
      raw: '{"order":1}',
      ...message,
    },
  };
}

/** Headers have no prototype. */
export function headers(entries: Headers): Headers {
  return Object.assign(Object.create(null) as object, entries);
}
