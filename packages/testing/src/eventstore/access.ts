import type { Metadata } from '@grpc/grpc-js';
import type { EventStoreSettings, EventStoreUser } from './options.ts';
import type { Refusal } from './refusal.ts';
import { refusals } from './refusal.ts';

/** Who may do what. */
export interface Access {
  /** Looks at the credentials of a call; a call without any is anonymous. */
  refusalOfCaller(metadata: Metadata): Refusal | undefined;
  /** Looks at what the caller may do with a stream or with `$all`. */
  refusalOfStream(metadata: Metadata, stream: string): Refusal | undefined;
  /** Nobody but admins may use the stream, or everybody again. */
  deny(stream: string, denied: boolean): void;
  /** Nobody's credentials are accepted as long as it is on. */
  revoke(revoked: boolean): void;
}

type Caller = EventStoreUser | 'anonymous' | 'unknown';

export function createAccess({ users, tokens }: Pick<EventStoreSettings, 'users' | 'tokens'>): Access {
  const denied = new Set<string>();
  const open = users === undefined && tokens.length === 0;
  let revoked = false;

  function callerOf(metadata: Metadata): Caller {
    const header = metadata.get('authorization')[0]?.toString();
    if (header === undefined) return 'anonymous';
    if (revoked) return 'unknown';
    const [scheme, credentials = ''] = header.split(' ');
    if (scheme?.toLowerCase() === 'bearer') {
      return open || tokens.includes(credentials) ? { password: '', admin: true } : 'unknown';
    }
    const [name = '', ...password] = Buffer.from(credentials, 'base64').toString().split(':');
    const user = users?.[name];
    if (users === undefined) return open ? { password: '', admin: true } : 'unknown';
    return user && user.password === password.join(':') ? user : 'unknown';
  }

  return {
    refusalOfCaller: (metadata) => (callerOf(metadata) === 'unknown' ? refusals.unauthenticated : undefined),
    refusalOfStream(metadata, stream) {
      const caller = callerOf(metadata);
      const admin = typeof caller === 'object' && caller.admin === true;
      if (denied.has(stream)) return admin && !open ? undefined : refusals.accessDenied;
      return open || admin || !stream.startsWith('$') ? undefined : refusals.accessDenied;
    },
    deny(stream, on) {
      if (on) denied.add(stream);
      else denied.delete(stream);
    },
    revoke(on) {
      revoked = on;
    },
  };
}
