import { isNativeError } from 'node:util/types';

import { redact } from './redaction.ts';

/** What is kept and logged of an error. */
export interface ErrorDescription {
  readonly name: string;
  readonly code: string | undefined;
  readonly message: string;
  readonly stack: string | undefined;
}

/** Describes anything that was thrown, its causes' messages included, without what looks like a credential. Never throws. */
export function describeError(error: unknown): ErrorDescription {
  try {
    return describe(error);
  } catch {
    return { name: 'Error', code: undefined, message: 'What was thrown can not be read.', stack: undefined };
  }
}

function describe(error: unknown): ErrorDescription {
  if (!isError(error)) {
    return { name: 'NonError', code: undefined, message: redact(printable(error)), stack: undefined };
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const messages = [error, ...causesOf(error)].map((it) => (isError(it) ? it.message : printable(it)));
  return {
    name: error.name,
    code,
    message: redact(messages.filter((message) => message !== '').join(' Cause: ')),
    stack: error.stack === undefined ? undefined : redact(error.stack),
  };
}

const mostCauses = 5;

/** The causes of the error, and the errors that an AggregateError is made of: its own message is often empty. */
function causesOf(error: Error): readonly unknown[] {
  const causes: unknown[] = [];
  const unread: unknown[] = [error];
  while (unread.length > 0 && causes.length < mostCauses) {
    const next = unread.shift();
    if (next !== error) causes.push(next);
    if (!isError(next)) continue;
    if (next.cause !== undefined) unread.push(next.cause);
    if (next instanceof AggregateError)
      unread.push(...(next.errors as readonly unknown[]).slice(0, mostCauses));
  }
  return causes;
}

/** Errors of another realm, such as a `node:vm` context, are errors too. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || isNativeError(value);
}

function printable(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
