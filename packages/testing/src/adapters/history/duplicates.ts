import type { Capabilities } from '@millrace/core';
import type { Finding } from './check-history.ts';
import type { HistoryEntry } from './history.ts';
import { keepsNothing } from './keeps-nothing.ts';

/** Delivered while it was in somebody's hands or settled already, or handled to the end twice, and no fault explains it. */
export function findDuplicates(
  entries: readonly HistoryEntry[],
  capabilities: Capabilities,
): readonly Finding[] {
  const findings: Finding[] = [];
  const effects = new Map<string, number>();
  const hands = createHands(capabilities);
  const crashed = new Set(entries.flatMap((entry) => (entry.kind === 'crashed' ? [entry.consumer] : [])));

  let faulty = false;
  for (const entry of entries) {
    if (entry.kind === 'forgotten') break;
    faulty ||= entry.kind === 'fault';
    if (entry.kind === 'delivered' && !faulty && hands.has(entry))
      findings.push(delivered(entry, hands.isOver(entry)));
    hands.see(entry);
    if (entry.kind !== 'ended' || entry.result !== 'done' || crashed.has(entry.consumer)) continue;
    const effect = JSON.stringify([entry.group, entry.event]);
    effects.set(effect, (effects.get(effect) ?? 0) + 1);
    if (effects.get(effect) === 2) {
      findings.push(
        duplicated(entry.event, `${entry.event} was handled to the end twice by "${entry.group}"`),
      );
    }
  }
  return findings;
}

function delivered(
  { event, deliveryCount = 1 }: HistoryEntry & { readonly kind: 'delivered' },
  over: boolean,
): Finding {
  // The broker counts on: it never heard that the message was settled.
  if (over && deliveryCount > 1) {
    return {
      word: 'unsettled',
      events: [event],
      sentence: `${event} was said to be settled, and the broker delivered it again`,
    };
  }
  return duplicated(event, `${event} was delivered again while it was not the broker's to deliver`);
}

function duplicated(event: string, sentence: string): Finding {
  return { word: 'duplicated', events: [event], sentence };
}

/** The broker counts from when it handed a message out or heard of it, which is earlier than what a history sees. */
const surelyHeld = 0.75;

interface Hold {
  readonly consumer: string;
  readonly session: number;
  readonly until: number;
}

/** Which deliveries the broker may not repeat now: those that consumers have, and those that are done with. */
function createHands(capabilities: Capabilities) {
  const { position, lease } = capabilities;
  const isQueue = position === 'none' && !keepsNothing(capabilities);
  const held = new Map<string, Hold>();
  const over = new Set<string>();
  // A queue hands a message to one session, all others hand everything to each.
  const place = (entry: Omit<Hold, 'until'> & { readonly event: string }) =>
    isQueue ? entry.event : JSON.stringify([entry.consumer, entry.session, entry.event]);

  function hold(
    entry: HistoryEntry & { readonly kind: 'delivered' | 'extended' },
    milliseconds: number,
  ): void {
    const { consumer, session, at } = entry;
    held.set(place(entry), { consumer, session, until: at + milliseconds * surelyHeld });
  }

  function letGo(matching: (hold: Hold) => boolean): void {
    for (const [key, value] of held) if (matching(value)) held.delete(key);
  }

  return {
    has(entry: HistoryEntry & { readonly kind: 'delivered' }): boolean {
      const key = place(entry);
      return over.has(key) || entry.at < (held.get(key)?.until ?? -Infinity);
    },
    isOver: (entry: HistoryEntry & { readonly kind: 'delivered' }): boolean => over.has(place(entry)),
    see(entry: HistoryEntry): void {
      switch (entry.kind) {
        case 'published':
          over.delete(entry.event);
          held.delete(entry.event);
          break;
        case 'delivered':
          hold(entry, lease?.milliseconds ?? Infinity);
          break;
        case 'extended':
          if (held.has(place(entry))) hold(entry, entry.lease);
          break;
        case 'settled':
          held.delete(place(entry));
          if (entry.outcome === 'done' || entry.outcome === 'dead') over.add(place(entry));
          break;
        case 'refused':
          if (entry.final) held.delete(place(entry));
          break;
        case 'crashed':
          letGo(({ consumer }) => consumer === entry.consumer);
          break;
        case 'closed':
          letGo(({ consumer, session }) => consumer === entry.consumer && session === entry.session);
          break;
        default:
      }
    },
  };
}
