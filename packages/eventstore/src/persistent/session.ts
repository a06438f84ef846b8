import type { Demand, Incoming, SourceContext, SourceSession } from '@millrace/core';
import { wait } from '@millrace/core';
import { createBackOff } from '../catch-up/back-off.ts';
import { reasonOf, whenConfirmed } from '../catch-up/confirm.ts';
import { withDeadline } from '../connect/deadline.ts';
import { eventstoreError } from '../errors.ts';
import { ReceivedEvent } from '../events/received-event.ts';
import type { Failure } from '../failure.ts';
import { failureOf } from '../failure.ts';
import { ensureGroup } from './ensure-group.ts';
import { groupOf } from './group.ts';
import type { Membership } from './membership.ts';
import { joinGroup } from './membership.ts';
import type { PersistentSettings } from './options.ts';
import type { GroupEvent, PersistentClient } from './persistent-client.ts';
import type { Held } from './settle.ts';
import { createSettling } from './settle.ts';
import { whenSilent } from './silence.ts';

export interface OpenPersistentOptions {
  readonly settings: PersistentSettings;
  readonly connection: { readonly client: PersistentClient; release(): Promise<void> };
  readonly context: SourceContext;
  /** The session has ended because going on is of no use. */
  readonly onFailed: (error: unknown) => void;
}

/** Milliseconds for a server that wants to be left alone. */
const slowPace = 30_000;

type State = 'connecting' | 'consuming' | 'backing-off' | 'failed' | 'stopped';

/** Joins a group, made or updated first where that is wanted, and joins it again when it was lost. */
export async function openPersistent(options: OpenPersistentOptions): Promise<SourceSession> {
  const { settings, connection, context } = options;
  const { clock, log, signal } = context;
  const { resubscribe, watchdog } = settings;
  const group = groupOf(connection.client, settings.feed, settings.group);
  const backOff = createBackOff({ ...resubscribe, random: context.random });
  const held = new WeakMap<Incoming, Held>();
  const closing = new AbortController();
  let membership: Membership | undefined;
  let joinedAt = 0;
  let state: State = 'connecting';
  let resubscribed = 0;
  let leftOut = 0;

  const settling = createSettling({
    ...settings,
    held,
    clock,
    log,
    timeout: watchdog.confirm,
    leaving: () => signal.aborted,
  });

  async function join(): Promise<Membership> {
    state = 'connecting';
    const next = joinGroup(group, settings.bufferSize);
    membership = next;
    try {
      await whenConfirmed(next.reader, clock, watchdog.confirm);
    } catch (error) {
      void next.leave();
      throw error;
    }
    state = 'consuming';
    joinedAt = clock.monotonic();
    context.fetched();
    return next;
  }

  /** Undefined: stopped meanwhile. */
  async function joinAgain(lost: Failure): Promise<Membership | undefined> {
    let failure = lost;
    for (;;) {
      if (failure.retry === 'never') throw failure.error;
      context.degraded(failure.error);
      state = 'backing-off';
      await wait(clock, backOff.next(failure.retry === 'slow' ? slowPace : 0), signal);
      if (signal.aborted) return undefined;
      try {
        const next = await join();
        resubscribed += 1;
        return next;
      } catch (error) {
        failure = failureOf(error);
      }
    }
  }

  /** Ends when the subscription has, or when the source stops. */
  async function* deliver(from: Membership, demand: Demand): AsyncGenerator<readonly Incoming[]> {
    const { reader } = from;
    while (!signal.aborted && !reader.ended) {
      const changed = reader.changed();
      if (reader.buffered === 0) {
        await unlessAborted(changed, signal);
        continue;
      }
      const first = await demand.reserve(1);
      if (first === 0) return;
      const room = first + demand.tryReserve(reader.buffered - first);
      const incoming = toIncoming(from, from.take(room));
      if (incoming.length < room) demand.cancel(room - incoming.length);
      context.fetched();
      if (incoming.length > 0) yield incoming;
    }
  }

  /** What core is to handle. Links to deleted events, and events of the system that nobody wants, are done with. */
  function toIncoming(from: Membership, events: readonly GroupEvent[]): readonly Incoming[] {
    const since = clock.monotonic();
    const incoming: Incoming[] = [];
    const others: GroupEvent[] = [];
    for (const native of events) {
      if (native.event === undefined || isUnwanted(native)) {
        others.push(native);
        continue;
      }
      const received = new ReceivedEvent(native, native.event, {
        channel: settings.channel,
        position: undefined,
        deliveryCount: native.retryCount + 1,
        order: settings.order,
      });
      held.set(received, { event: native, membership: from, since });
      incoming.push(received);
    }
    if (others.length > 0) leaveOut(from, others);
    return incoming;
  }

  function isUnwanted({ event }: GroupEvent): boolean {
    if (settings.feed.kind !== 'all' || settings.feed.systemEvents || event === undefined) return false;
    return event.type.startsWith('$') || event.streamId.startsWith('$');
  }

  function leaveOut(from: Membership, events: readonly GroupEvent[]): void {
    leftOut += events.length;
    withDeadline(clock, watchdog.confirm, from.tell('ack', events)).catch((error: unknown) =>
      log.warn('Events that are left out could not be acknowledged; the server sends them again.', { error }),
    );
  }

  async function* receive(demand: Demand): AsyncGenerator<readonly Incoming[]> {
    try {
      for (let current = membership; current && !signal.aborted;) {
        yield* deliver(current, demand);
        // Until the session closes, what still runs is settled by this subscription.
        if (signal.aborted) return;
        void current.leave();
        if (clock.monotonic() - joinedAt >= resubscribe.maxDelay) backOff.reset();
        current = await joinAgain(failureOf(reasonOf(current.reader.ended?.error)));
      }
    } catch (error) {
      state = 'failed';
      options.onFailed(error);
      throw error;
    }
  }

  /** A server that drops its consumers in a change of leaders says nothing to some of them. */
  async function doubt(): Promise<void> {
    const asked = membership;
    const info = await withDeadline(clock, watchdog.confirm, group.info()).catch(() => undefined);
    if (info && info.connections.length > 0) return;
    const why = info ? 'The server does not know this consumer any more.' : 'The server does not answer.';
    log.warn('The subscription has stalled and is made again.', { group: settings.group, why });
    asked?.reader.fail(eventstoreError('EVENTSTORE_STALLED', `${group.title} is silent. ${why}`));
  }

  async function close(): Promise<void> {
    closing.abort();
    settling.stop();
    if (state !== 'failed') state = 'stopped';
    try {
      await membership?.leave();
    } finally {
      await connection.release();
    }
  }

  try {
    await withDeadline(clock, watchdog.confirm, ensureGroup(group, settings, context));
    await join();
  } catch (error) {
    await membership?.leave();
    throw failureOf(error).error;
  }
  void whenSilent({
    clock,
    signal: closing.signal,
    milliseconds: watchdog.stall,
    activity: () => (state === 'consuming' ? membership?.reader.activity : undefined),
    onSilence: doubt,
  });

  return {
    receive,
    settle: settling.settle,
    details: () => ({
      state,
      group: settings.group,
      resubscribed,
      leftOut,
      delayedRetries: settling.delayed,
    }),
    close,
  };
}

function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      signal.removeEventListener('abort', finish);
      resolve();
    };
    signal.addEventListener('abort', finish, { once: true });
    void work.then(finish);
  });
}
