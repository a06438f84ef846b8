import { isMillraceError } from '@millrace/core';
import type { HttpPubsubError } from '../errors.ts';
import { httpPubsubError } from '../errors.ts';
import { explainRefusal, originHeader, refusalHeader } from '../handshake/refusal.ts';
import type { OutgoingReply } from '../outgoing/outgoing.ts';

/** What a try that did not succeed means. */
export interface Failure {
  readonly error: HttpPubsubError;
  /** It may have been done all the same. */
  readonly ambiguous: boolean;
  /** The same broadcaster may say something else later. */
  readonly passes: boolean;
}

/** Busy, or somebody between is. */
const busy = [408, 429, 502, 503, 504];

/** Of a reply that is not success. */
export function failureOfReply(base: string, { status, headers }: OutgoingReply): Failure {
  const why = explainRefusal(headers[refusalHeader], headers[originHeader]);
  if (why !== undefined) {
    const passes = busy.includes(status);
    const code = passes ? 'PUBSUB_UNAVAILABLE' : 'PUBSUB_HANDSHAKE';
    return {
      error: httpPubsubError(code, `${base} refuses to call \`publicUrl\`. ${why}`),
      ambiguous: false,
      passes,
    };
  }
  if (busy.includes(status)) {
    const problem = `${base} can't do it now: it answered ${status}.`;
    // A gateway that gave up waiting does not know either.
    return { error: httpPubsubError('PUBSUB_UNAVAILABLE', problem), ambiguous: status === 504, passes: true };
  }
  if (status >= 500) {
    const problem = `${base} failed: it answered ${status}, and may have done it or a part of it.`;
    return { error: httpPubsubError('PUBSUB_AMBIGUOUS', problem), ambiguous: true, passes: true };
  }
  const problem = `${base} refuses it: it answered ${status}.${hints[status] ?? ''}`;
  return { error: httpPubsubError('PUBSUB_REFUSED', problem), ambiguous: false, passes: false };
}

const hints: Readonly<Record<number, string>> = {
  401: ' It wants to be proven who speaks: see `auth`.',
  403: ' Look at the secret of the direction "to-broadcaster", and at the clocks of both: they may differ by 2 minutes.',
  404: ' That is no broadcaster, or its base is another one: see `url`.',
  413: ' It is too large.',
};

/** Of a try that had no reply, or one that can't be understood. Undefined: nothing that a broadcaster is to blame for. */
export function failureOfError(error: unknown): Failure | undefined {
  if (isMillraceError(error, 'PUBSUB_UNREACHABLE')) return { error, ambiguous: false, passes: true };
  if (isMillraceError(error, 'PUBSUB_AMBIGUOUS')) return { error, ambiguous: true, passes: true };
  if (isMillraceError(error, 'PUBSUB_MALFORMED') || isMillraceError(error, 'PUBSUB_FORGED')) {
    return { error, ambiguous: true, passes: false };
  }
  return undefined;
}
