import { randomText } from '../seeded-random.ts';

export interface RefreshTokens {
  readonly current: string;
  /** Undefined: refused. */
  use(token: string): { /** Where tokens rotate. */ readonly replacement?: string } | undefined;
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
      if (revoked || token !== current) return undefined;
      if (!rotate) return {};
      current = draw();
      return { replacement: current };
    },
    revoke() {
      revoked = true;
    },
  };
}
