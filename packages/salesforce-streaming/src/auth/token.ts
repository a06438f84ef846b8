import type { Token } from './provider.ts';

/** The token without what else came with it. */
export function toToken({ accessToken, instanceUrl, orgId }: Token): Token {
  return { accessToken, instanceUrl, orgId };
}
