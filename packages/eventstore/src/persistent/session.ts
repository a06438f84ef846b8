import { setImmediate } from 'node:timers/promises';
import type { Demand, Incoming, SourceContext, SourceSession } from '@millrace/core';
import { wait } from '@millrace/core';
import { createBackOff } from '../catch-up/back-off.ts';
import { reasonOf, whenConfirmed } from '../catch-up/confirm.ts';
import { withDeadline } from '../connect/deadline.ts';
import type { ResolvedEvent } from '../client.ts';
import { eventstoreError, passesByItself } from '../errors.ts';
import { ReceivedEvent } from '../events/received-event.ts';
import type { Failure } from '../failure.ts';
import { failureOf } from '../failure.ts';
import { reasonToDoubt } from './doubt.ts';
import { ensureGroup } from './ensure-group.ts';
import { groupOf } from './group.ts';
import type { Membership } from './membership.ts';
import { joinGroup } from './membership.ts';
import { parkedStream } from './parked-stream.ts';
import type { PersistentSettings } from './options.ts';
import type { GroupInfo, PersistentClient } from './persistent-client.ts';
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
/** Milliseconds for events that are on their way when the server is asked. */
const grace = 5_000;
/** So often the time of silence is doubled when joining anew has brought nothing. */
const mostPatience = 16;

type State = 'connecting' | 'consuming' | 'backing-off' | 'failed' | 'stopped';

/** Joins a group, made or updated first where that is wanted, and joins it again when it was lost. */
export async function openPersistent(options: OpenPersistentOptions): Promise<SourceSession> {
  const { settings, connection, context } = options;
  const { clock, log, signal } = context;
  const { resubscribe, watchdog } = settings;
  const group = groupOf(connection.client, settings.feed, settings.group);
  const parked = parkedStream(settings.channel, settings.group);
  const backOff = createBackOff({ ...resubscribe, random: context.random });
  const closing = new AbortController();
  let membership: Membership | undefined;
  let joinedAt = 0;
  let state: State = 'connecting';
  let resubscribed = 0;
  let leftOut = 0;
  let takenAt = 0;
  let patience = 1;
  let lastLook: GroupInfo | undefined;

  const settling = createSettling({
    ...settings,
    clock,
    log,
    timeout: watchdog.confirm,
    leaving: () => signal.aborted,
  });

  async function join(): Promise<Membership> {
    state = 'connecting';
    const next = joinGroup(group, settings.bufferSize);
    membership = next;
    const giveUp = () => next.reader.fail(undefined);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      await whenConfirmed(next.reader, clock, watchdog.confirm);
    } catch (error) {
      void next.leave();
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
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
        if (signal.aborted) return undefined;
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
      // One turn of the loop: what the client parses and what is handled meanwhile go along, for a batch has its price.
      await setImmediate();
      if (signal.aborted || reader.ended) {
        // What is left of it goes to others.
        demand.cancel(first);
        return;
      }
      const room = first + demand.tryReserve(reader.buffered - first);
      const incoming = toIncoming(from, from.take(room));
      if (incoming.length < room) demand.cancel(room - incoming.length);
      context.fetched();
      if (incoming.length > 0) yield incoming;
    }
  }

  /** What core is to handle. Links to deleted events, and events of the system that nobody wants, are done with. */
  function toIncoming(from: Membership, events: readonly ResolvedEvent[]): readonly Incoming[] {
    const since = clock.monotonic();
    if (events.length > 0) {
      takenAt = since;
      patience = 1;
    }
    const incoming: Incoming[] = [];
    const others: ResolvedEvent[] = [];
    for (const native of events) {
      if (native.event === undefined || isUnwanted(native)) {
        others.push(native);
        continue;
      }
      const received = new ReceivedEvent(native, native.event, {
        held: { event: native, membership: from, since },
        channel: settings.channel,
        position: undefined,
        deliveryCount: (native.retryCount ?? 0) + 1,
        replayed: native.link?.streamId === parked,
        order: settings.order,
      });
      incoming.push(received);
    }
    if (others.length > 0) leaveOut(from, others);
    return incoming;
  }

  function isUnwanted({ event }: ResolvedEvent): boolean {
    if (settings.feed.kind !== 'all' || settings.feed.systemEvents || event === undefined) return false;
    return event.type.startsWith('$') || event.streamId.startsWith('$');
  }

  function leaveOut(from: Membership, events: readonly ResolvedEvent[]): void {
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

  /** Servers lose consumers in a change of leaders without a word, and connections die in silence. */
  async function doubt(): Promise<void> {
    const asked = membership;
    const before = asked?.reader.activity;
    const why = await lookForStall(asked);
    if (asked === undefined || why === undefined) return;
    await wait(clock, Math.min(grace, watchdog.stall), closing.signal);
    if (closing.signal.aborted || membership !== asked || asked.reader.activity !== before) return;
    if ((await lookForStall(asked)) === undefined || asked.reader.activity !== before) return;
    log.warn('The subscription has stalled and is made again.', { group: settings.group, why });
    patience = Math.min(mostPatience, patience * 2);
    lastLook = undefined;
    asked.reader.fail(eventstoreError('EVENTSTORE_STALLED', `${group.title} is silent. ${why}`));
  }

  async function lookForStall(asked: Membership | undefined): Promise<string | undefined> {
    const { connectionName } = connection.client;
    try {
      const now = await withDeadline(clock, watchdog.confirm, group.info());
      if (now === undefined) return 'The group is not there any more.';
      // What was not settled within the lease is not ours any more.
      const idle = asked?.unsettled === 0 || clock.monotonic() - takenAt > settings.lease;
      const before = lastLook;
      lastLook = now;
      return reasonToDoubt({ connectionName, now, before, idle });
    } catch (error) {
      return passesByItself(error) ? 'The server does not answer.' : undefined;
    }
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
    milliseconds: () => watchdog.stall * patience,
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
