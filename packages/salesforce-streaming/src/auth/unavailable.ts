import { isMillraceError } from '@millrace/core';
import { salesforceError } from '../errors.ts';

/** A login that failed for now. `retryAfter`: milliseconds in which another one is of no use, when that is known. */
export function authUnavailable(message: string, cause?: unknown, retryAfter?: number): Error {
  return Object.assign(salesforceError('SALESFORCE_AUTH_UNAVAILABLE', message, cause), { retryAfter });
}

/** Milliseconds to wait before the next login, when the error says so. */
export function retryAfterOf(error: unknown): number | undefined {
  if (!isMillraceError(error, 'SALESFORCE_AUTH_UNAVAILABLE') || !('retryAfter' in error)) return undefined;
  return typeof error.retryAfter === 'number' ? error.retryAfter : undefined;
}

/** Longer than that, no server is believed. */
const longest = 3_600_000;

/** Milliseconds of a Retry-After header: seconds, or a date. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
export function readRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const milliseconds = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isNaN(milliseconds) ? undefined : Math.min(Math.max(0, milliseconds), longest);
}
