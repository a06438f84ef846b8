import type { MetaKind } from '../bayeux/messages.ts';
import type { Refusal } from '../bayeux/refusals.ts';
import {
  authenticationInvalid,
  busy,
  concurrentUsers,
  dailyLimit,
  handshakeDenied,
  unknownClient,
} from '../bayeux/refusals.ts';
import type { Fault } from './fault.ts';

/** What a fault has a meta message refused with; undefined: it has not. */
export function scriptedRefusal(kind: MetaKind, fault: Fault | undefined): Refusal | undefined {
  switch (fault?.kind) {
    case 'busy':
      return busy(kind);
    case 'unknown-client':
      return { ...unknownClient, endsSession: true };
    case 'authentication':
      return kind === 'handshake' ? handshakeDenied(authenticationInvalid.error) : authenticationInvalid;
    case 'concurrent-users':
      return kind === 'handshake'
        ? handshakeDenied(concurrentUsers)
        : { error: concurrentUsers, advice: { reconnect: 'none' } };
    case 'daily-limit':
      return dailyLimit;
    case 'refuse':
      return fault;
    default:
      return undefined;
  }
}
