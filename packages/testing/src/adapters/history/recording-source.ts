import type { Incoming, SettleFailure, Settlement, Source, SourceSession } from '@millrace/core';
import type { History } from './history.ts';

export interface RecordingOptions {
  readonly history: History;
  readonly consumer: string;
  readonly group: string;
  /** Messages a session may hold at most. */
  readonly room: number;
  /** Aborts when the process is to have died: nothing reaches the broker any more. */
  readonly dead: AbortSignal;
}

/** A property takes a few hundred. What comes again at once and for ever must not keep the suite from saying so. */
const mostEntries = 20_000;

/** Writes down what passes between core and an adapter, and changes nothing of it until the process is dead. */
export function recordingSource(source: Source, options: RecordingOptions): Source {
  const { name, capabilities, settings } = source;
  let sessions = 0;
  return {
    name,
    capabilities,
    settings,
    async open(context) {
      sessions += 1;
      const by = { consumer: options.consumer, group: options.group, session: sessions };
      const session = await source.open(context);
      options.history.add({ kind: 'opened', ...by, room: options.room });
      return recordingSession(session, by, options);
    },
    ...(source.verify && { verify: (context) => source.verify?.(context) ?? nothing() }),
    ...(source.eventTypes && { eventTypes: async (context) => source.eventTypes?.(context) }),
  };
}

async function* nothing(): AsyncGenerator<never> {}

interface By {
  readonly consumer: string;
  readonly group: string;
  readonly session: number;
}

function recordingSession(
  session: SourceSession,
  by: By,
  { history, dead }: RecordingOptions,
): SourceSession {
  function assertAlive(): void {
    if (dead.aborted) throw new Error('The process has died.');
  }

  function refused(failures: readonly SettleFailure[] | void): ReadonlyMap<Incoming, SettleFailure> {
    return new Map((failures ?? []).map((failure) => [failure.incoming, failure]));
  }

  async function settle(settlements: readonly Settlement[]) {
    assertAlive();
    const failures = await session.settle(settlements);
    const refusals = refused(failures);
    for (const { incoming, outcome } of settlements) {
      const refusal = refusals.get(incoming);
      const event = eventNameOf(incoming);
      if (refusal) history.add({ kind: 'refused', ...by, event, outcome, final: refusal.final });
      else history.add({ kind: 'settled', ...by, event, outcome });
    }
    return failures;
  }

  async function extend(messages: readonly Incoming[], lease: number) {
    assertAlive();
    const failures = await session.extend?.(messages, lease);
    const refusals = refused(failures);
    for (const incoming of messages) {
      const refusal = refusals.get(incoming);
      const event = eventNameOf(incoming);
      if (refusal) history.add({ kind: 'refused', ...by, event, outcome: 'extend', final: refusal.final });
      else history.add({ kind: 'extended', ...by, event, lease });
    }
    return failures;
  }

  return {
    async *receive(demand) {
      for await (const batch of session.receive(demand)) {
        if (dead.aborted) return;
        if (history.entries.length > mostEntries) throw new Error('The same is delivered over and over.');
        if ('position' in batch) {
          history.add({ kind: 'passed', ...by, channel: batch.channel, position: batch.position });
          yield batch;
          continue;
        }
        for (const incoming of batch) {
          const { channel = '', position, deliveryCount } = incoming;
          history.add({
            kind: 'delivered',
            ...by,
            event: eventNameOf(incoming),
            channel,
            position,
            deliveryCount,
          });
        }
        yield batch;
      }
    },
    settle,
    async close() {
      await session.close();
      history.add({ kind: 'closed', ...by });
    },
    ...(session.extend && { extend }),
    ...(session.scope !== undefined && { scope: session.scope }),
    ...(session.details && { details: () => session.details?.() ?? {} }),
    ...(session.pending && { pending: () => session.pending?.() ?? 0 }),
    ...(session.commit && {
      async commit(channel, position) {
        assertAlive();
        await session.commit?.(channel, position);
        history.add({ kind: 'marked', ...by, channel, position });
      },
    }),
  };
}

/** The suite names its events in their payload: what identifies a message may be the broker's own. */
export function eventNameOf({ data, id }: { readonly data?: unknown; readonly id: string }): string {
  const named = typeof data === 'object' && data !== null && 'event' in data ? data.event : undefined;
  return typeof named === 'string' ? named : id;
}
