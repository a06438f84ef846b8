import type { Clock, Source } from '@millrace/core';
import { isMillraceError, systemClock } from '@millrace/core';
import type { AuthSession } from './auth/provider.ts';
import { createAuthSession } from './auth/session.ts';
import { capabilitiesOf } from './capabilities.ts';
import { checkOptions } from './check-options.ts';
import { passesByItself, salesforceError } from './errors.ts';
import type { ChannelOptions, SalesforceOptions } from './options.ts';
import { openSession } from './source-session.ts';
import { createSubscriptions } from './subscriptions.ts';
import { createVerification } from './verify/verification.ts';

export interface SalesforceSource extends Source {
  /** Channels as they were subscribed to. */
  readonly subscriptions: readonly string[];
  /** Takes in one more channel, at once when the source runs. Throws SALESFORCE_OPTIONS. */
  subscribe(channel: string | ChannelOptions): void;
  /**
   * Leaves a channel, at once when the source runs: what has not reached a handler yet is left out, and its replay
   * marker stays. Throws SALESFORCE_OPTIONS when there is no such subscription.
   */
  unsubscribe(channel: string): void;
}

/** The events of a Salesforce org as a source. Throws SALESFORCE_OPTIONS when the options make no sense. */
export function salesforce(options: SalesforceOptions): SalesforceSource {
  const settings = checkOptions(options);
  const { transport, name } = settings;
  const { start = 'latest', onInvalidPosition = 'earliest', prefetch = 100 } = options;
  const subscriptions = createSubscriptions(options.channels, { transport, start, onInvalidPosition });
  let session: AuthSession | undefined;
  /** Why the last session ended, when another one is of no use. */
  let failure: Error | undefined;

  function authBy(clock: Clock): AuthSession {
    return (session ??= createAuthSession({ provider: settings.auth, fetch: settings.fetch, clock }));
  }
  /** Checking costs no login of its own. */
  const auth: AuthSession = {
    token: (signal) => authBy(systemClock).token(signal),
    renew: (refused, signal) => authBy(systemClock).renew(refused, signal),
  };

  function fail(error: unknown): void {
    // Denied once it stays so: who starts anew begins with a login.
    if (isMillraceError(error, 'SALESFORCE_AUTH_DENIED')) session = undefined;
    // To core a session that broke is worth another one; only its opening can say that it is not.
    if (isMillraceError(error)) failure = error;
  }

  return {
    name,
    capabilities: capabilitiesOf(settings),
    settings: { ...commonSettings(options), prefetch, onInvalidPosition },
    async open(context) {
      const ended = failure;
      failure = undefined;
      if (ended) throw ended;
      try {
        return await openSession({
          settings,
          auth: authBy(context.clock),
          subscriptions,
          context,
          firstOpen: context.starting,
          onFailed: fail,
        });
      } catch (error) {
        if (isMillraceError(error, 'SALESFORCE_AUTH_DENIED')) session = undefined;
        // Only the first start fails for trouble that passes; later an error with a code is one that does not, to core.
        if (!context.starting && passesByItself(error)) throw new Error(error.message, { cause: error });
        throw error;
      }
    },
    ...createVerification({ settings, auth, subscriptions }),
    get subscriptions() {
      return subscriptions.all.map(({ subscription }) => subscription);
    },
    subscribe(channel) {
      if (settings.pubsub.managedSubscription !== undefined) {
        throw salesforceError(
          'SALESFORCE_OPTIONS',
          'A managed subscription is of one channel. Make a source of each.',
        );
      }
      subscriptions.add(channel);
    },
    unsubscribe: subscriptions.remove,
  };
}

/** `start` is left to us: each channel may have its own, and what core then answers is a marker or nothing. */
function commonSettings(options: SalesforceOptions): Source['settings'] {
  const { concurrency, retry, unhandled, verify, commit } = options;
  return {
    ...(concurrency !== undefined && { concurrency }),
    ...(retry !== undefined && { retry }),
    ...(unhandled !== undefined && { unhandled }),
    ...(verify !== undefined && { verify }),
    ...(commit !== undefined && { commit }),
  };
}
