import type { Advice, MetaKind } from '../bayeux/messages.ts';

/** What a request is for. */
export type FaultTarget = MetaKind | 'token' | 'rest';

/** What can be wrong with any answer. The first five come instead of an answer: the request has no effect. */
export type HttpFault =
  | {
      readonly kind: 'status';
      readonly status: number;
      /** @default 'json': an array of errors as the REST API has it, INVALID_SESSION_ID for 401 and 403 */
      readonly body?: 'json' | 'html' | 'none';
      /** Seconds. */
      readonly retryAfter?: number;
    }
  /** A page of HTML with status 200, as a proxy or a maintenance page sends it. */
  | { readonly kind: 'html' }
  | { readonly kind: 'empty-array' }
  /** Never answers, as long as the client waits. */
  | { readonly kind: 'black-hole' }
  /** To the same path elsewhere. */
  | {
      readonly kind: 'redirect';
      /** @default 302 */
      readonly status?: 301 | 302 | 303 | 307 | 308;
      /** @default the instance's URL */
      readonly to?: string;
    }
  /** The rest have their effect, and the answer is damaged: half of the JSON, in a body that ends as it should. */
  | { readonly kind: 'truncate' }
  /** The connection is reset in the middle of the body. */
  | { readonly kind: 'reset' }
  /** In pieces of `bytes` (default 16), `pause` milliseconds (default 50) apart. */
  | { readonly kind: 'drip'; readonly bytes?: number; readonly pause?: number };

/** What can be wrong with the answer to a meta message. */
export type MetaFault =
  /** Busy, in `failureReason`, behind an error that reads as something else. */
  | { readonly kind: 'busy' }
  /** `403::Unknown client`, and the session is gone. */
  | { readonly kind: 'unknown-client' }
  /** As if the token had been refused; it stays good. */
  | { readonly kind: 'authentication' }
  | { readonly kind: 'concurrent-users' }
  | { readonly kind: 'daily-limit' }
  /** The server ends the session. */
  | { readonly kind: 'kick'; readonly successful?: boolean }
  /** Replies that don't say which message they answer. */
  | { readonly kind: 'without-id' }
  /** Each event comes twice. */
  | { readonly kind: 'duplicate-events' }
  | {
      readonly kind: 'refuse';
      /** `code:arguments:text` */
      readonly error: string;
      readonly failureReason?: string;
      readonly advice?: Advice;
    };

/** An error of the token endpoint: HTTP 400. */
export interface TokenFault {
  readonly kind: 'oauth';
  readonly error: string;
  readonly description: string;
}

/** What happens to the org just before it answers, as by the method of that name. */
export interface OrgFault {
  readonly kind: 'move-instance' | 'revoke-tokens' | 'expire-routes';
}

/** Those that take a session to go wrong. */
interface SessionFault {
  readonly kind: 'unknown-client' | 'kick' | 'duplicate-events';
}

export type Fault = HttpFault | OrgFault | MetaFault | TokenFault;

export type FaultFor<Target extends FaultTarget> =
  | HttpFault
  | OrgFault
  | (Target extends 'handshake' ? Exclude<MetaFault, SessionFault> : never)
  | (Target extends Exclude<MetaKind, 'handshake'> ? MetaFault : never)
  | (Target extends 'token' ? TokenFault : never);
