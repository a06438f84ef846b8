import { isMillraceError } from '@millrace/core';
import type { Outgoing, OutgoingReply } from '../outgoing/outgoing.ts';
import type { RefusalReason } from './refusal.ts';

/** How whoever sends asks a URL whether it may. */
export interface HandshakeRequest {
  /** The name of the sender, as a DNS name: `events.example`. All who send for it say the same. */
  readonly origin: string;
  /**
   * Requests a minute that are asked for.
   * @default none are asked for; what is allowed holds all the same
   */
  readonly rate?: number;
}

/** Requests a minute that are allowed, undefined for any number; or why not. */
export type Answer = { readonly rate: number | undefined } | RefusalReason;

/**
 * Asks the URL itself, by OPTIONS. A status is no consent, as many servers answer OPTIONS to everybody: only the headers are.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection
 */
export async function askPermission(
  outgoing: Outgoing,
  url: string,
  { origin, rate }: HandshakeRequest,
  { signal, timeout }: { readonly signal: AbortSignal; /** Milliseconds. */ readonly timeout: number },
): Promise<Answer> {
  const headers = {
    'webhook-request-origin': origin,
    ...(rate !== undefined && { 'webhook-request-rate': String(rate) }),
  };
  const limits = { total: timeout, headers: timeout, body: timeout };
  let reply: OutgoingReply;
  try {
    reply = await outgoing.options(url, { headers, signal, limits });
  } catch (error) {
    signal.throwIfAborted();
    const isClosed = isMillraceError(error, 'PUBSUB_FORBIDDEN') || isMillraceError(error, 'PUBSUB_OPTIONS');
    return isClosed ? 'forbidden' : 'unreachable';
  }
  return read(reply, origin, rate);
}

function read({ status, headers }: OutgoingReply, origin: string, asked: number | undefined): Answer {
  const allowed = headers['webhook-allowed-origin'];
  // So whoever knows the handshake says no, though others say it too.
  if (status === 403) return 'origin';
  if (status < 200 || status > 299 || allowed === undefined) return 'no-handshake';
  if (allowed !== '*' && allowed.toLowerCase() !== origin.toLowerCase()) return 'origin';
  const rate = headers['webhook-allowed-rate'];
  // It has to be there when it was asked for.
  if (rate === '*' || (rate === undefined && asked === undefined)) return { rate: undefined };
  return rate !== undefined && /^[1-9]\d{0,8}$/.test(rate) ? { rate: Number(rate) } : 'rate';
}
