import type { Operation } from './operation.ts';

/**
 * `missing`: there is no authorization, and there should be. `refused`: it is wrong, too old, or was used before.
 * `unavailable`: it can't be told, since what was used before is not known now.
 */
export type Verdict = 'accepted' | 'missing' | 'refused' | 'unavailable';

/** One direction's way of proving who speaks. */
export interface AuthScheme {
  /** What goes into the Authorization header, or into the body of a reply. Undefined: nothing. */
  sign(operation: Operation, tracing: Uint8Array): Promise<string | undefined>;
  verify(operation: Operation, tracing: Uint8Array, authorization: string | undefined): Promise<Verdict>;
}

/** Both directions of a subscriber and its broadcasters, each with a secret of its own. */
export interface Auth {
  readonly toBroadcaster: AuthScheme;
  readonly toSubscriber: AuthScheme;
}

/** Proves nothing: everybody is believed. */
export const noAuth: AuthScheme = {
  sign: async () => undefined,
  verify: async () => 'accepted',
};
