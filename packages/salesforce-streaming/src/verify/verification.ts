import type { Check, Source, VerifyContext } from '@millrace/core';
import { systemClock } from '@millrace/core';
import type { AuthSession } from '../auth/provider.ts';
import type { SalesforceSettings } from '../options.ts';
import { restClient } from '../rest/rest-client.ts';
import type { Subscriptions } from '../subscriptions.ts';
import { createAsk } from './ask.ts';
import { checkChannel } from './channels.ts';
import { eventTypes } from './event-types.ts';
import { checkLimits } from './limits.ts';
import { checkOrg } from './org.ts';

export interface Verified {
  readonly settings: SalesforceSettings;
  /** Shared with the source, so that checking costs no login of its own. */
  readonly auth: AuthSession;
  readonly subscriptions: Subscriptions;
}

/** The part of a source that looks at the org, its channels and its limits. It changes nothing. */
export function createVerification(verified: Verified): Required<Pick<Source, 'verify' | 'eventTypes'>> {
  return {
    verify: (context) => verify(verified, context),
    eventTypes: () => Promise.resolve(eventTypes(verified.settings, verified.subscriptions)),
  };
}

async function* verify(
  { settings, auth, subscriptions }: Verified,
  { signal }: VerifyContext,
): AsyncGenerator<Check> {
  const rest = restClient({ auth, fetch: settings.fetch, clock: systemClock });
  const channels = subscriptions.all.map(({ channel }) => channel);
  try {
    const version = yield* checkOrg(settings.apiVersion, rest, signal);
    if (version === undefined) return;
    const ask = createAsk(rest, version, signal);
    for (const channel of channels) {
      yield await checkChannel(channel, ask);
      // It would be said of each channel again.
      if (ask.isOver()) return;
    }
    yield* checkLimits(settings.transport, channels, ask);
  } catch (error) {
    // Whoever stops the consumer while it starts wants no more checks, and no error.
    if (!signal.aborted) throw error;
  }
}
