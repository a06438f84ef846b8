import type { Advice } from './messages.ts';

/** What the server told us since the handshake. Replies that come after the next one don't touch that one's. */
export interface Session {
  clientId: string | undefined;
  advice: Required<Advice>;
  lastId: number;
}

/** Salesforce holds an idle poll for 110 s and says so in the first connect's reply only. */
const initialAdvice: Required<Advice> = { reconnect: 'retry', interval: 0, timeout: 110_000 };

export function newSession(): Session {
  return { clientId: undefined, advice: initialAdvice, lastId: 0 };
}

/** Ids are decimal and begin anew with each handshake. */
export function nextId(session: Session): string {
  session.lastId += 1;
  return String(session.lastId);
}

/** Takes over what makes sense. */
export function follow(session: Session, advice: Advice | undefined): void {
  const { reconnect, interval, timeout } = advice ?? {};
  session.advice = {
    reconnect: isReconnect(reconnect) ? reconnect : session.advice.reconnect,
    interval: isMilliseconds(interval) ? interval : session.advice.interval,
    timeout: isMilliseconds(timeout) && timeout > 0 ? timeout : session.advice.timeout,
  };
}

function isReconnect(value: unknown): value is Required<Advice>['reconnect'] {
  return value === 'retry' || value === 'handshake' || value === 'none';
}

/** Up to a day: more is a mistake, and far more than timers can take. */
function isMilliseconds(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 86_400_000;
}
