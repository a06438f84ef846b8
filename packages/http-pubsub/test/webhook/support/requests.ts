import type { Clock, Gap, LogFields } from '@millrace/core';
import { systemClock } from '@millrace/core';
import type { WebhookContext, WebhookRequest } from '../../../src/index.ts';

/** When all tests of verifiers take place. */
export const now = Date.UTC(2026, 4, 1, 12);

const clock: Clock = { ...systemClock, now: () => now };

export interface TestContext extends WebhookContext {
  readonly lines: string[];
  readonly gaps: Gap[];
}

export function context(): TestContext {
  const lines: string[] = [];
  const gaps: Gap[] = [];
  const log = (message: string, fields?: LogFields) =>
    void lines.push(`${message} ${JSON.stringify(fields)}`);
  return {
    clock,
    log: { debug: log, info: log, warn: log, error: log },
    gap: (gap) => void gaps.push(gap),
    lines,
    gaps,
  };
}

export function request(
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
  url = '/hooks',
): WebhookRequest {
  return {
    method: 'POST',
    url,
    headers,
    body: typeof body === 'string' ? Buffer.from(body) : body,
    signal: new AbortController().signal,
    remoteAddress: '127.0.0.1',
  };
}
