import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';
import { salesforceError } from '../errors.ts';
import type { EventMessage, MetaChannel, MetaReply, MetaRequest } from './messages.ts';

export interface BayeuxClientOptions {
  /** Such as `https://acme.my.salesforce.com/cometd/66.0`. Read for each request. */
  readonly endpoint: () => string;
  /** `authorization` and whatever else is wanted. Read for each request, so that a renewed token counts at once. */
  readonly headers: () => Readonly<Record<string, string>>;
  /**
   * All messages of a reply that are not meta messages, in their order, before its step resolves or rejects. Replies of
   * any step can bring some. `by` is what had been asked for.
   * When it throws, the step rejects with that.
   */
  readonly onEvents: (messages: readonly EventMessage[], by: MetaChannel) => void;
  /**
   * Each single message, meta ones included, for debugging. It has no token and no cookie in it.
   * @default none
   */
  readonly onMessage?: (
    message: MetaRequest | MetaReply | EventMessage,
    direction: 'sent' | 'received',
  ) => void;
  /**
   * For proxies and certificates of your own.
   * @default globalThis.fetch
   */
  readonly fetch?: typeof fetch;
  /** @default systemClock */
  readonly clock?: Clock;
  /**
   * The largest reply, in bytes after decompression. Replies of many MB are normal after an outage.
   * @default 67_108_864, which is 64 MiB
   */
  readonly maxResponseBytes?: number;
  /**
   * Milliseconds for a request other than a poll, and for reading any reply once it began.
   * @default 60_000
   */
  readonly requestTimeout?: number;
  /**
   * Milliseconds by which a poll may be later than the server's advised timeout.
   * @default 15_000
   */
  readonly pollMargin?: number;
}

export type BayeuxSettings = Omit<Required<BayeuxClientOptions>, 'onMessage'> &
  Pick<BayeuxClientOptions, 'onMessage'>;

export function checkOptions(options: BayeuxClientOptions): BayeuxSettings {
  for (const name of ['endpoint', 'headers', 'onEvents'] as const) {
    if (typeof options[name] !== 'function') throw optionError(name, 'a function');
  }
  const settings = {
    ...options,
    fetch: options.fetch ?? globalThis.fetch,
    clock: options.clock ?? systemClock,
    maxResponseBytes: options.maxResponseBytes ?? 64 * 1024 * 1024,
    requestTimeout: options.requestTimeout ?? 60_000,
    pollMargin: options.pollMargin ?? 15_000,
  };
  for (const name of ['maxResponseBytes', 'requestTimeout', 'pollMargin'] as const) {
    if (!(Number.isSafeInteger(settings[name]) && settings[name] > 0)) {
      throw optionError(name, 'a whole number above 0');
    }
  }
  return settings;
}

function optionError(name: string, what: string) {
  return salesforceError('SALESFORCE_OPTIONS', `${name} of a Bayeux client must be ${what}.`);
}
