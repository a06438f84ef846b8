import { randomText } from '../seeded-random.ts';

/** The tokens that an org has issued and not revoked. */
export interface AccessTokens {
  issue(): string;
  accepts(token: string | undefined): token is string;
  revokeAll(): void;
}

export function createAccessTokens(orgId: string, random: () => number): AccessTokens {
  const valid = new Set<string>();
  return {
    issue() {
      // Real ones start with the 15 characters of the org id too.
      const token = `${orgId.slice(0, 15)}!${randomText(random, 96)}`;
      valid.add(token);
      return token;
    },
    accepts: (token): token is string => token !== undefined && valid.has(token),
    revokeAll: () => valid.clear(),
  };
}
