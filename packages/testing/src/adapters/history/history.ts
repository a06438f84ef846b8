import type { Position, Settlement } from '@millrace/core';

/** Whoever did it: one consumer of a group, and which of its sessions. */
interface BySession {
  readonly consumer: string;
  readonly group: string;
  readonly session: number;
}

interface ByConsumer {
  readonly consumer: string;
  readonly group: string;
}

/** Something that happened while a property looked on. Events go by the names that the property gave them. */
export type Happening =
  | { readonly kind: 'published'; readonly event: string; readonly key: string | undefined }
  | (BySession & { readonly kind: 'opened'; /** Messages it may hold at most. */ readonly room: number })
  | (BySession & { readonly kind: 'closed' })
  | (BySession & {
      readonly kind: 'delivered';
      readonly event: string;
      readonly channel: string;
      readonly position: Position | undefined;
      readonly deliveryCount: number | undefined;
    })
  /** The broker told of a position without an event. */
  | (BySession & { readonly kind: 'passed'; readonly channel: string; readonly position: Position })
  | (BySession & {
      readonly kind: 'settled';
      readonly event: string;
      readonly outcome: Settlement['outcome'];
    })
  /** The adapter told core that the broker did not take it. `final`: it is no longer the consumer's. */
  | (BySession & {
      readonly kind: 'refused';
      readonly event: string;
      readonly outcome: Settlement['outcome'] | 'extend';
      readonly final: boolean;
    })
  | (BySession & {
      readonly kind: 'extended';
      readonly event: string;
      /** Milliseconds. */ readonly lease: number;
    })
  | (ByConsumer & { readonly kind: 'started'; readonly event: string; readonly attempt: number })
  | (ByConsumer & { readonly kind: 'ended'; readonly event: string; readonly result: 'done' | 'failed' })
  | (ByConsumer & { readonly kind: 'parked'; readonly event: string; readonly reason: string })
  | (BySession & { readonly kind: 'marked'; readonly channel: string; readonly position: Position })
  | (ByConsumer & { readonly kind: 'stopping' | 'stopped' | 'crashed' })
  /** From here on events may be delivered more than once, because of what was done to the broker. */
  | { readonly kind: 'fault'; readonly what: string }
  /** From here on they may also take effect again: what was done and marked is forgotten. */
  | { readonly kind: 'forgotten' }
  | { readonly kind: 'leaked'; readonly what: string };

/** `at`: milliseconds on the monotonic clock. */
export type HistoryEntry = Happening & { readonly at: number };

export interface History {
  readonly entries: readonly HistoryEntry[];
  add(happening: Happening): void;
}

export function createHistory(now: () => number): History {
  const entries: HistoryEntry[] = [];
  return {
    entries,
    add(happening) {
      entries.push({ at: now(), ...happening });
    },
  };
}

type Details = Readonly<Partial<Record<string, string | number | boolean>>>;

/** One line an entry, times counted from the first. */
export function describeEntries(entries: readonly HistoryEntry[], start: number): readonly string[] {
  return entries.map(({ at, kind, ...rest }) => {
    const { consumer, group: _group, session, event, ...details } = rest as Details;
    const who = [consumer, session].filter((part) => part !== undefined).join('/');
    const what = Object.entries(details).flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [`${name}=${String(value)}`],
    );
    const time = `${Math.round(at - start)} ms`.padStart(9);
    return [time, kind, ...(event === undefined ? [] : [event]), ...what, ...(who ? [`(${who})`] : [])].join(
      ' ',
    );
  });
}
