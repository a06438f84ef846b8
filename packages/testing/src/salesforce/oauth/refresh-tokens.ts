import { randomText } from '../seeded-random.ts';

export interface RefreshTokens {
  readonly current: string;
  /** Answers the token that replaces it, undefined where tokens don't rotate. */
  use(token: string): string | 'invalid' | undefined;
  revoke(): void;
}

export function createRefreshTokens(random: () => number, rotate: boolean): RefreshTokens {
  const draw = () => `5Aep861${randomText(random, 80)}`;
  let current = draw();
  let revoked = false;
  return {
    get current() {
      return current;
    },
    use(token) {
      if (revoked || token !== current) return 'invalid';
      if (!rotate) return undefined;
      current = draw();
      return current;
    },
    revoke() {
      revoked = true;
    },
  };
}
