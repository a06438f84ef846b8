import type { MillraceError, SourceContext } from '@millrace/core';
import type { BayeuxError } from '../bayeux/bayeux-error.ts';
import type { SalesforceError, SalesforceErrorCode } from '../errors.ts';
import { salesforceError } from '../errors.ts';
import type { SubscribeRetry } from '../options.ts';
import type { Channel } from './channels.ts';
import type { Pace } from './recovery.ts';

export interface Refusal {
  readonly error: MillraceError;
  /** Only a change in the org helps. */
  readonly lasting: boolean;
  readonly pace: Pace;
}

/** Where the server asks for minutes, the first wait is at least this. */
const busyDelay = 30_000;

/** Keeps a refused channel: notes why, and has it tried again after a while, longer from time to time, for ever. */
export function keepRefused(
  channel: Channel,
  { error, lasting, pace }: Refusal,
  retry: SubscribeRetry,
  { clock, random }: Pick<SourceContext, 'clock' | 'random'>,
  again: () => void,
): void {
  channel.refusals += 1;
  const failed = lasting || channel.refusals >= retry.attempts;
  channel.state = failed ? 'failed' : 'suspended';
  channel.atServer = false;
  channel.reason = error;
  const first = Math.max(retry.delay, pace === 'busy' ? busyDelay : 0);
  const grown = first * retry.factor ** (channel.refusals - 1);
  const delay = failed ? retry.maxDelay : Math.min(retry.maxDelay, grown);
  channel.cancelRetry?.();
  channel.cancelRetry = clock.setTimeout(
    () => {
      channel.cancelRetry = undefined;
      again();
    },
    (delay / 2) * (1 + random()),
  );
}

/** What the server refused a subscription with, as `retryOnResponse` gets it. */
export function replyOf({ failure }: BayeuxError): Readonly<Record<string, unknown>> {
  if (failure.kind !== 'meta') return {};
  const { channel, subscription, error, failureReason, advice, clientId } = failure;
  return {
    channel,
    subscription,
    successful: false,
    error: error.raw,
    ...(failureReason && { ext: { sfdc: { failureReason: failureReason.raw } } }),
    ...(advice && { advice }),
    ...(clientId !== undefined && { clientId }),
  };
}

const remedies: Partial<Record<SalesforceErrorCode, string>> = {
  SALESFORCE_CHANNEL_MISSING:
    'Check its name, and that the event, the PushTopic or the change data capture of the object is there and active in this org.',
  SALESFORCE_CHANNEL_DENIED:
    'Give the user read access to the event or object, and the permission to view all data where change events need it.',
};

/** The error of a channel that can't be had, naming it. */
export function channelError(channel: Channel, error: BayeuxError): SalesforceError {
  const { code } = error;
  const remedy = remedies[code];
  return salesforceError(
    code,
    `Channel "${channel.subscription.subscription}" can not be subscribed to. ${error.message}${remedy === undefined ? '' : ` ${remedy}`}`,
    error,
  );
}
