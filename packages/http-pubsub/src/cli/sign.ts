import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';
import { directionOf } from '../wire/auth/operation.ts';
import type { Auth, AuthScheme } from '../wire/auth/scheme.ts';
import { readOperation } from './operation.ts';

/** By a clock, for what was right at another time. */
export type AuthAt = (clock: Clock) => Promise<Auth>;

/** What goes into the Authorization header; empty when nothing is proven. */
export async function sign(json: string, authAt: AuthAt): Promise<string> {
  const { scheme, operation, tracing } = await prepare(json, authAt, systemClock);
  return (await scheme.sign(operation, tracing)) ?? '';
}

/** Whether it is right, in words; `ok` when a peer would take it now, if it has not seen it before. */
export async function verify(
  json: string,
  authorization: string | undefined,
  authAt: AuthAt,
  clock: Clock = systemClock,
): Promise<{ readonly ok: boolean; readonly verdict: string }> {
  const { scheme, operation, tracing } = await prepare(json, authAt, clock);
  const verdict = await scheme.verify(operation, tracing, authorization);
  if (verdict === 'accepted') return { ok: true, verdict };
  const seconds = Number(/^X-HMAC (\d{1,12}):/.exec(authorization ?? '')?.[1]);
  if (verdict === 'refused' && Number.isSafeInteger(seconds)) {
    const then = { ...clock, now: () => seconds * 1_000 };
    const atItsTime = await prepare(json, authAt, then);
    if ((await atItsTime.scheme.verify(operation, tracing, authorization)) === 'accepted') {
      const apart = Math.round(clock.now() / 1_000) - seconds;
      return {
        ok: false,
        verdict: `refused: it is right, but its time is ${Math.abs(apart)} s ${apart > 0 ? 'ago' : 'ahead'}`,
      };
    }
    return { ok: false, verdict: 'refused: another secret signed it, or something else was said' };
  }
  return { ok: false, verdict };
}

async function prepare(json: string, authAt: AuthAt, clock: Clock) {
  const { operation, tracing } = readOperation(json);
  const auth = await authAt(clock);
  const scheme: AuthScheme =
    directionOf(operation) === 'to-broadcaster' ? auth.toBroadcaster : auth.toSubscriber;
  return { scheme, operation, tracing };
}
