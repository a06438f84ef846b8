import { createHash, timingSafeEqual } from 'node:crypto';
import { optionChecks } from '../../option-checks.ts';
import type { WebhookRequest } from '../verifier.ts';

/** Whether the request may say what it says. Rejects when it can't be told now; the sender is asked to come again. */
export type Authorize = (request: WebhookRequest) => boolean | Promise<boolean>;

export interface BearerOptions {
  /** Any of these is good; two, while senders change from one to the other. At least 16 characters. */
  readonly tokens: readonly string[];
  /**
   * Whether the token may also come as `?access_token=` in the URL, which proxies write into their logs.
   * @default false
   */
  readonly inQuery?: boolean;
}

/** `Authorization: Bearer <token>`. Throws PUBSUB_OPTIONS. */
export function bearer(options: BearerOptions): Authorize {
  const check = optionChecks('bearer');
  check.list('tokens', options.tokens);
  if (options.tokens.some((token) => token.length < 16)) check.fail('a token has at least 16 characters');
  const digests = options.tokens.map(digestOf);

  return ({ headers, url }) => {
    const inHeader = /^bearer +(\S+)$/i.exec(headers['authorization'] ?? '')?.[1];
    const token = inHeader ?? (options.inQuery === true ? tokenIn(url) : undefined);
    if (token === undefined) return false;
    const digest = digestOf(token);
    // All are looked at: the time says nothing of which one it was.
    return digests.filter((known) => timingSafeEqual(known, digest)).length > 0;
  };
}

function tokenIn(url: string): string | undefined {
  return new URLSearchParams(url.split('?')[1] ?? '').get('access_token') ?? undefined;
}

/** Of one length, whatever the token's is. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
