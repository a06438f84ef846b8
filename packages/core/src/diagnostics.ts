import type { Channel, TracingChannel } from 'node:diagnostics_channel';
import { channel, tracingChannel } from 'node:diagnostics_channel';

import type { Delivery, Outcome } from './delivery.ts';
import type { Message, Position } from './message.ts';
import type { ClaimVerdict } from './ports/idempotency-store.ts';
import type { Gap } from './source.ts';
import type { DeadLetter } from './ports/dead-letter-store.ts';

/**
 * What core tells through `node:diagnostics_channel`. Names of the channels are `millrace:<key>`; nothing is built
 * for a channel that nobody listens to. `millrace:handle` is a tracing channel (start, end, asyncEnd, error).
 */
export interface Diagnostics {
  readonly receive: { readonly source: string; readonly count: number };
  readonly claim: {
    readonly source: string;
    readonly messageId: string;
    readonly handler: string;
    readonly verdict: ClaimVerdict;
  };
  readonly handle: {
    readonly source: string;
    readonly handler: string;
    readonly message: Message;
    readonly attempt: number;
  };
  readonly retry: {
    readonly source: string;
    readonly messageId: string;
    /** Milliseconds. */
    readonly delay: number;
    readonly where: 'broker' | 'in-place';
    readonly cause: unknown;
  };
  readonly settle: {
    readonly source: string;
    readonly messageId: string;
    readonly type: string;
    readonly outcome: Outcome['kind'];
  };
  readonly 'dead-letter': { readonly source: string; readonly letter: DeadLetter };
  readonly marker: { readonly source: string; readonly channel: string; readonly position: Position };
  readonly gap: Gap & { readonly source: string };
  readonly drain: {
    readonly source: string;
    readonly phase: 'started' | 'aborting' | 'finished';
    /** Messages that are still inside. */
    readonly inFlight: number;
  };
}

type PlainChannel = Exclude<keyof Diagnostics, 'handle'>;

const channels: Readonly<Record<PlainChannel, Channel>> = {
  receive: channel('millrace:receive'),
  claim: channel('millrace:claim'),
  retry: channel('millrace:retry'),
  settle: channel('millrace:settle'),
  'dead-letter': channel('millrace:dead-letter'),
  marker: channel('millrace:marker'),
  gap: channel('millrace:gap'),
  drain: channel('millrace:drain'),
};

export const tracing: { readonly handle: TracingChannel<unknown, Diagnostics['handle']> } = {
  handle: tracingChannel<unknown, Diagnostics['handle']>('millrace:handle'),
};

export function diagnose<Key extends PlainChannel>(key: Key, event: () => Diagnostics[Key]): void {
  const target = channels[key];
  if (target.hasSubscribers) target.publish(event());
}

export function diagnoseSettled({ message, outcome }: Delivery): void {
  diagnose('settle', () => ({
    source: message.source,
    messageId: message.id,
    type: message.type,
    outcome: outcome?.kind ?? 'lost',
  }));
}
