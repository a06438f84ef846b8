import type { ErrorField } from '../bayeux/error-field.ts';
import type { BayeuxFailure, HttpFailure, MetaFailure } from '../bayeux/failure.ts';

/** What was being asked for. */
export type Step = 'handshake' | 'connect' | 'subscribe' | 'unsubscribe';

/** What to do about a failure. Whatever begins a new session subscribes to all channels again, from where each had got to. */
export type Recovery =
  /** The session lives: ask again. */
  | { readonly action: 'poll-again' }
  /** Routine: a new session at once. `everybody`: others have lost theirs at the same moment. */
  | { readonly action: 'handshake'; readonly everybody: boolean }
  /** A new session with a new token, and perhaps at another instance. */
  | { readonly action: 'renew-token' }
  /** A new session with no cookies. */
  | { readonly action: 'new-cookies' }
  /** A new session after a while. */
  | {
      readonly action: 'back-off';
      readonly pace: Pace;
      /** Milliseconds to wait at least. */
      readonly atLeast?: number;
    }
  /** The session lives; the place to go on from is gone. */
  | { readonly action: 'fall-back' }
  /** The session lives, the channel can't be had. `lasting`: only a change in the org helps. */
  | { readonly action: 'refuse-channel'; readonly lasting: boolean; readonly pace: Pace }
  /** Trying again is of no use. */
  | { readonly action: 'give-up' };

/** `busy`: the server asks for minutes. */
export type Pace = 'normal' | 'busy';

/**
 * A reply that was lost may have had events in it, which the server takes as delivered: only a new session that
 * subscribes from the last replay ids brings them. So nothing but a poll that the server itself let expire is just made again.
 */
export function recoveryFrom(failure: BayeuxFailure, step: Step): Recovery {
  switch (failure.kind) {
    case 'meta':
      return afterRefusal(failure, step);
    case 'disconnected':
      if (failure.error?.code === 401) return { action: 'renew-token' };
      return { action: 'handshake', everybody: true };
    case 'poll-expired':
      if (step === 'connect') return { action: 'poll-again' };
      return backOff();
    case 'http':
      return afterHttpError(failure);
    case 'network':
    case 'timeout':
      return backOff();
    case 'garbage':
      return backOff();
    case 'redirected':
      // An org that has moved tells its new instance at the next login.
      if (failure.sameOrigin) return backOff();
      return { action: 'renew-token' };
    case 'too-large':
      if (failure.direction === 'response') return backOff('busy');
      return step === 'subscribe' ? refuse(true) : { action: 'give-up' };
  }
}

function afterHttpError({ status, errorCode, retryAfter }: HttpFailure): Recovery {
  if (status === 401 || errorCode === 'INVALID_SESSION_ID') return { action: 'renew-token' };
  if (status === 429) return backOff('busy', retryAfter);
  if (status >= 500) return backOff('normal', retryAfter);
  return backOff('busy', retryAfter);
}

/** Streaming API guide: "Streaming API Error Codes". A failureReason counts more than the error it comes with. */
function afterRefusal({ reason, status }: MetaFailure, step: Step): Recovery {
  const code = reason.code ?? status;
  if (isBusy(reason)) return busy(step);
  if (code === 401) return { action: 'renew-token' };
  // The load balancer has moved us, about every three hours: no fault of the token. EMP-Connector issue 4.
  if (code === 402 || (code === 403 && says(reason, 'unknown client')))
    return { action: 'handshake', everybody: false };
  if (says(reason, 'has established a session, but no')) return { action: 'new-cookies' };
  if (says(reason, 'unsupported api version', 'invalid connection type', 'unsupported connection type'))
    return { action: 'give-up' };
  if (
    says(reason, 'simultaneous connections', 'concurrent user limit', 'daily limit', 'subscription limit')
  ) {
    return busy(step);
  }
  switch (step) {
    case 'handshake':
      return backOff('busy');
    case 'connect':
      return code === 408 ? { action: 'poll-again' } : backOff();
    case 'subscribe':
      return afterRefusedSubscription(reason, code);
    case 'unsubscribe':
      return { action: 'handshake', everybody: false };
  }
}

function afterRefusedSubscription(reason: ErrorField, code: number): Recovery {
  if (code === 400 && /^the replayid\b/i.test(reason.text)) return { action: 'fall-back' };
  if (
    code === 404 ||
    says(reason, "doesn't exist", 'unknown channel', 'vary only by case', 'must start with a leading')
  ) {
    return refuse(true);
  }
  if (code === 403) return refuse(true);
  return refuse(false);
}

/** CAMEL-14068: hidden behind `401::Authentication invalid` and `403:denied_by_security_policy`. */
function isBusy(reason: ErrorField): boolean {
  return reason.code === 503 || /server_unavailable/i.test(reason.raw) || says(reason, 'server is too busy');
}

function says({ raw }: ErrorField, ...phrases: readonly string[]): boolean {
  const text = raw.toLowerCase();
  return phrases.some((phrase) => text.includes(phrase));
}

function busy(step: Step): Recovery {
  return step === 'subscribe' ? refuse(false, 'busy') : backOff('busy');
}

function refuse(lasting: boolean, pace: Pace = 'normal'): Recovery {
  return { action: 'refuse-channel', lasting, pace };
}

function backOff(pace: Pace = 'normal', atLeast?: number): Recovery {
  return { action: 'back-off', pace, ...(atLeast === undefined ? {} : { atLeast }) };
}
