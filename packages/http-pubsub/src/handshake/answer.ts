import type { ListenerReply, ListenerRequest } from '../listener/route.ts';
import type { OptionChecks } from '../option-checks.ts';

export interface HandshakeOptions {
  /** Senders that may send here, by the names they give themselves, such as `eventemitter.example.com`; `*` for all. */
  readonly allowedOrigins: readonly string[] | '*';
  /**
   * Requests a minute that are allowed.
   * @default as many as are asked for
   */
  readonly allowedRate?: number;
}

/**
 * Says who may send here, for senders that ask before they do. It keeps others from having them flood us; it
 * authenticates nobody. A callback that the sender names is never called: that would be a request to wherever it says.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection
 */
export function answerHandshake(
  { headers }: Pick<ListenerRequest, 'headers'>,
  { allowedOrigins, allowedRate }: HandshakeOptions,
): ListenerReply {
  const origin = headers['webhook-request-origin'];
  const allow = { allow: 'POST, OPTIONS' };
  if (origin === undefined || !isAllowed(origin, allowedOrigins)) return { status: 403, headers: allow };
  const asked = /^[1-9]\d{0,8}$/.exec(headers['webhook-request-rate'] ?? '')?.[0];
  const rate = Math.min(Number(asked ?? Infinity), allowedRate ?? Infinity);
  return {
    status: 200,
    headers: {
      ...allow,
      // Only ever what is in the options: what the sender wrote is not written back.
      'webhook-allowed-origin': allowedOrigins === '*' ? '*' : origin.toLowerCase(),
      'webhook-allowed-rate': Number.isFinite(rate) ? String(rate) : '*',
    },
  };
}

/** Throws PUBSUB_OPTIONS. */
export function checkHandshake(check: OptionChecks, { allowedOrigins, allowedRate }: HandshakeOptions): void {
  if (allowedOrigins !== '*') check.list('handshake.allowedOrigins', allowedOrigins);
  check.wholeNumber('handshake.allowedRate', allowedRate, 1);
}

export function isAllowed(origin: string, allowed: HandshakeOptions['allowedOrigins']): boolean {
  return allowed === '*' || allowed.some((it) => it.toLowerCase() === origin.toLowerCase());
}
