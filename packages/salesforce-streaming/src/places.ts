import type { Incoming, Passed, SourceContext } from '@millrace/core';
import type { Place } from './cursor.ts';
import { formatPosition, parsePosition, transportOf } from './cursor.ts';
import { salesforceError } from './errors.ts';
import { toIncoming } from './events/incoming.ts';
import { publishedAt } from './events/read-event.ts';
import type { SalesforceSettings } from './options.ts';
import type { Subscription } from './subscriptions.ts';
import type { Arrival, ChannelStart } from './transport.ts';

/** Where reading each channel has got to, between the cursors of a transport and the positions of core. */
export interface Places {
  start(subscription: Subscription): Promise<ChannelStart>;
  /** Answers the position to pass, so that not even a restart before the first event loses the events after it. */
  subscribedAtTip(subscription: Subscription, serverTime: number): Passed | undefined;
  fallBack(subscription: Subscription, cause: Error): ChannelStart;
  passed(channel: string, cursor: string): Passed;
  /** What core is to handle, and what it is to pass first, dated before what is wanted. */
  admit(arrivals: readonly Arrival[]): Admitted;
}

export interface Admitted {
  readonly passed: readonly Passed[];
  readonly incoming: readonly Incoming[];
}

export interface PlacesOptions {
  readonly settings: SalesforceSettings;
  readonly context: Pick<SourceContext, 'start' | 'gap'>;
  readonly orgId: string;
}

export function createPlaces({ settings, context, orgId }: PlacesOptions): Places {
  const { transport } = settings;
  const places = new Map<string, Place>();
  const passedTo = (channel: string, place: Place): Passed => ({
    channel,
    position: formatPosition(transport, place),
  });

  async function start(subscription: Subscription): Promise<ChannelStart> {
    const { channel } = subscription;
    const known = places.get(channel);
    if (known) return startAt(known);
    const marker = await context.start(channel, orgId);
    // Core has no start of its own to give: anything else means that there is no marker.
    const begin = typeof marker === 'object' ? marker : subscription.start;
    if (begin === 'latest' || begin === 'earliest') return { from: begin };
    if ('at' in begin) return startAt(keep(channel, { since: begin.at.getTime() }));
    const place = parsePosition(transport, begin.after);
    if (place) return startAt(keep(channel, place));
    return fallBack(subscription, salesforceError('SALESFORCE_POSITION_INVALID', whyUseless(begin.after)));
  }

  function whyUseless(text: string): string {
    const other = transportOf(text);
    return other === undefined
      ? 'The stored position is none that this package makes: it may be corrupted.'
      : `The stored position is of the transport "${other}", the source reads by "${transport}".`;
  }

  function keep(channel: string, place: Place): Place {
    places.set(channel, place);
    return place;
  }

  function fallBack(subscription: Subscription, cause: Error): ChannelStart {
    const { channel, onInvalidPosition } = subscription;
    const place = places.get(channel);
    if (onInvalidPosition === 'fail') {
      throw salesforceError(
        'SALESFORCE_POSITION_INVALID',
        `Reading "${channel}" can not go on where it had stopped: ${cause.message} Set \`onInvalidPosition\` to "earliest" or "latest" to go on in spite of the gap.`,
        cause,
      );
    }
    context.gap({
      channel,
      position: place && formatPosition(transport, place),
      resumed: onInvalidPosition,
      cause: salesforceError('SALESFORCE_POSITION_INVALID', cause.message, cause),
    });
    // Where nothing comes, the next session of this process need not find out again.
    if (onInvalidPosition === 'earliest') keep(channel, { since: place?.since ?? 0 });
    else places.delete(channel);
    return { from: onInvalidPosition };
  }

  /** Undefined: it is dated before what is wanted, and was left out. */
  function admit(arrival: Arrival): Incoming | undefined {
    const { channel, cursor } = arrival;
    const since = places.get(channel)?.since;
    const incoming = toIncoming(
      arrival,
      { channel, position: formatPosition(transport, { cursor }), orgId },
      settings.events,
    );
    // Not the time of the event for core, which is what the user's `decode` makes of it.
    const published = since === undefined ? undefined : publishedAt(arrival)?.getTime();
    const early = published !== undefined && since !== undefined && published < since;
    places.set(channel, early ? { cursor, since } : { cursor });
    return early ? undefined : incoming;
  }

  return {
    start,
    fallBack,
    subscribedAtTip({ channel }, serverTime) {
      // With an event there is a better place already.
      if (settings.quietStart === 'latest' || places.get(channel)?.cursor !== undefined) return undefined;
      // Dates of events, and the server's, may be cut to the second.
      return passedTo(channel, keep(channel, { since: Math.floor(serverTime / 1_000) * 1_000 }));
    },
    passed: (channel, cursor) => passedTo(channel, keep(channel, { ...places.get(channel), cursor })),
    admit(arrivals) {
      const incoming: Incoming[] = [];
      const left = new Set<string>();
      for (const arrival of arrivals) {
        const admitted = admit(arrival);
        if (admitted) incoming.push(admitted);
        else left.add(arrival.channel);
      }
      const passed = [...left].flatMap((channel) => {
        const place = places.get(channel);
        // With an event behind them they need not be passed.
        return place?.since === undefined ? [] : passedTo(channel, place);
      });
      return { passed, incoming };
    },
  };
}

function startAt({ cursor }: Place): ChannelStart {
  return cursor === undefined ? { from: 'earliest' } : { from: 'after', cursor };
}
