import { createHash, timingSafeEqual } from 'node:crypto';
import { httpPubsubError } from '../../errors.ts';
import type { AuthScheme } from './scheme.ts';

export interface TokenOptions {
  /** The first one is sent, all are accepted: add the new one behind, make it the first one everywhere, drop the old. */
  readonly secrets: readonly string[];
}

/** A bearer token. Whoever is called with it, or can read what is sent, has it from then on. Throws PUBSUB_SECRETS. */
export function tokenAuth({ secrets }: TokenOptions): AuthScheme {
  const [first] = secrets;
  if (first === undefined || secrets.includes('')) {
    throw httpPubsubError(
      'PUBSUB_SECRETS',
      'Token authorization takes at least one secret, and none may be empty.',
    );
  }
  const accepted = secrets.map((secret) => digest(`Bearer ${secret}`));
  return {
    sign: async () => `Bearer ${first}`,
    async verify(_operation, _tracing, authorization) {
      if (authorization === undefined) return 'missing';
      const given = digest(authorization);
      // All are compared: how long it takes tells nothing.
      const matches = accepted.filter((it) => timingSafeEqual(it, given));
      return matches.length > 0 ? 'accepted' : 'refused';
    },
  };
}

/** Texts of the same length, whatever is compared. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
