import type { ListenerReply } from '../listener/route.ts';
import type { WebhookRefusal } from './verifier.ts';

/** Every reply is made of these: nothing of a request comes back in it. */
export const settledReply: ListenerReply = { status: 204 };
export const acceptedReply: ListenerReply = { status: 202 };

export function refusedReply({ status, code }: WebhookRefusal): ListenerReply {
  return { status, headers: { 'content-type': 'text/plain' }, body: code };
}

/** Not now: `seconds` tells when it is worth another try. */
export function laterReply(code: string, seconds: number): ListenerReply {
  const headers = { 'content-type': 'text/plain', 'retry-after': String(seconds) };
  return { status: 503, headers, body: code };
}

/** Whole seconds that cover so many milliseconds, one at least. */
export function toSeconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1_000));
}
