import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';
import type { AuthProvider } from '../auth/provider.ts';
import { createAuthSession } from '../auth/session.ts';
import { salesforceError } from '../errors.ts';
import { assertApiVersion, latestApiVersion } from './api-version.ts';
import type { Pushed } from './generic-push.ts';
import { genericPush } from './generic-push.ts';
import type { OutgoingEvent } from './outgoing-event.ts';
import { prepare } from './outgoing-event.ts';
import { publishAll, publishOne } from './publish-all.ts';
import type { Published } from './publish-results.ts';
import { assertAllPublished, notPublished } from './publish-results.ts';
import type { RestClient } from './rest-client.ts';
import { restClient } from './rest-client.ts';

export interface SalesforcePublisherOptions {
  readonly auth: AuthProvider;
  /**
   * Such as `66.0`; `latest` asks the org.
   * @default '66.0'
   */
  readonly apiVersion?: string;
  /**
   * Replaces the global `fetch`: for proxies and certificates of your own.
   * @default globalThis.fetch
   */
  readonly fetch?: typeof fetch;
  /** @default the system's */
  readonly clock?: Clock;
}

export interface PublishOptions {
  /** Aborts the call under way; what it published by then is unknown. */
  readonly signal?: AbortSignal | undefined;
}

/** Publishes platform events and generic events. Nothing is sent twice: what failed is yours to publish again. */
export interface SalesforcePublisher {
  /**
   * Resolves when Salesforce has taken the event. Rejects with SALESFORCE_PUBLISH_FAILED, whose cause says why,
   * SALESFORCE_EVENT_INVALID or SALESFORCE_PUBLISHER_CLOSED.
   */
  publish(event: OutgoingEvent, options?: PublishOptions): Promise<Published>;
  /**
   * Publishes in calls of up to 200, in order. Resolves when Salesforce has taken all; rejects with a
   * PublishManyError, which tells of each event what became of it, or with SALESFORCE_PUBLISHER_CLOSED.
   */
  publishMany(events: readonly OutgoingEvent[], options?: PublishOptions): Promise<readonly Published[]>;
  /**
   * Publishes generic events, texts of up to 3,000 bytes, to all who subscribe to a channel such as `/u/notices`.
   * Rejects with SALESFORCE_CHANNEL_MISSING, SALESFORCE_EVENT_INVALID, SALESFORCE_PUBLISHER_CLOSED, or why the call
   * failed.
   */
  push(channel: string, payloads: readonly string[], options?: PublishOptions): Promise<readonly Pushed[]>;
  /** Waits for what is under way. Works twice. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const never = new AbortController().signal;

/** Throws SALESFORCE_OPTIONS. Logs in with the first event. */
export function salesforcePublisher(options: SalesforcePublisherOptions): SalesforcePublisher {
  const { auth: provider, apiVersion = '66.0', clock = systemClock } = options;
  if (apiVersion !== 'latest') assertApiVersion(apiVersion);
  const fetch: typeof globalThis.fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const rest = restClient({ auth: createAuthSession({ provider, fetch, clock }), fetch, clock });
  const underway = new Set<Promise<unknown>>();
  let version = apiVersion === 'latest' ? undefined : apiVersion;
  let closing: Promise<void> | undefined;

  const api: RestClient = {
    async call(request) {
      version ??= await latestApiVersion(rest, request.signal);
      return rest.call({ ...request, path: `/services/data/v${version}${request.path}` });
    },
  };

  async function track<T>(start: () => Promise<T>): Promise<T> {
    if (closing) {
      throw salesforceError(
        'SALESFORCE_PUBLISHER_CLOSED',
        'The publisher is closed. Publish before closing it, or make another one.',
      );
    }
    const work = start();
    underway.add(work);
    try {
      return await work;
    } finally {
      underway.delete(work);
    }
  }

  const push = genericPush(api);

  async function closeOnce(): Promise<void> {
    await Promise.allSettled(underway);
  }
  const close = () => (closing ??= closeOnce());

  return {
    publish: (event, { signal = never } = {}) =>
      track(async () => {
        const prepared = prepare(event);
        let result;
        try {
          result = await publishOne(prepared, api, signal);
        } catch (error) {
          result = notPublished(prepared.type, error);
        }
        if (!result.ok) throw result.error;
        return { eventUuid: result.eventUuid };
      }),
    publishMany: (events, { signal = never } = {}) =>
      track(async () => assertAllPublished(await publishAll(events, api, signal))),
    push: (channel, payloads, { signal = never } = {}) => track(() => push(channel, payloads, signal)),
    close,
    [Symbol.asyncDispose]: close,
  };
}
