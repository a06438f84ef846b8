import type { LoggedEvent } from '../event-log/event.ts';
import type { EventLog } from '../event-log/event-log.ts';
import { eventData } from '../event-log/event-data.ts';
import { passesFilter, splitSubscription } from '../event-log/push-topic-filter.ts';
import type { Org } from '../org.ts';
import type { Allowance } from './allowance.ts';
import type { ClientMessage, ServerMessage } from './messages.ts';
import { replyTo } from './messages.ts';
import type { Refusal } from './refusals.ts';
import { dailyLimit, refuse } from './refusals.ts';
import { invalidReplay, requestedReplay } from './replay.ts';
import type { Session } from './session.ts';

/** Begins a subscription; what is retained after the asked place waits in the session from now on. */
export function subscribe(
  { log }: Org,
  allowance: Allowance,
  session: Session,
  version: number,
  message: ClientMessage,
): ServerMessage {
  const subscription = typeof message.subscription === 'string' ? message.subscription : '';
  const refusal = problemOf(subscription) ?? (allowance.spent ? dailyLimit : undefined);
  if (refusal) return refuse(message, refusal);
  const { channel, filter } = splitSubscription(subscription);
  if (!log.has(channel)) return refuse(message, missingChannel(channel, log));
  const replayId = requestedReplay(message, channel);
  if (typeof replayId !== 'bigint') return refuse(message, replayId);
  const retained = log.after(channel, replayId);
  if (retained === 'invalid') return refuse(message, invalidReplay(replayId));

  const deliver = (event: LoggedEvent) => {
    if (event.kind === 'push-topic' && !passesFilter(event.sobject, filter)) return;
    // The channel is that which was subscribed to, with its filter.
    session.push({ channel: subscription, data: eventData(event, version) });
  };
  session.subscriptions.get(subscription)?.();
  session.subscriptions.set(subscription, log.onAppend(channel, deliver));
  for (const event of retained) deliver(event);
  return { clientId: session.id, ...replyTo(message), subscription, successful: true };
}

export function unsubscribe(session: Session, message: ClientMessage): ServerMessage {
  const subscription = typeof message.subscription === 'string' ? message.subscription : '';
  session.subscriptions.get(subscription)?.();
  session.subscriptions.delete(subscription);
  return { clientId: session.id, ...replyTo(message), subscription, successful: true };
}

function problemOf(subscription: string): Refusal | undefined {
  if (subscription.startsWith('/')) return undefined;
  return { error: "400::Channel subscriptions must start with a leading '/'" };
}

function missingChannel(channel: string, { channels }: EventLog): Refusal {
  const lower = channel.toLowerCase();
  for (const name of channels) {
    if (name.toLowerCase() === lower) return { error: '400::channel names may not vary only by case' };
  }
  return { error: `400::The channel you requested to subscribe to doesn't exist {${channel}}` };
}
