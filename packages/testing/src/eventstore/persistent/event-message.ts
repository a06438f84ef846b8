import type { ReadResp } from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/persistentsubscriptions_pb.js';
import type { Protocol } from '../protocol/protocol.ts';
import type { ResolvedEvent } from '../store/recorded-event.ts';
import { receivedOf } from '../store/recorded-event.ts';
import { oncePerRecord } from '../streams/once-per-record.ts';
import { fillRecord } from '../streams/record-message.ts';

/** An event for a consumer. */
export type EventMessages = (resolved: ResolvedEvent, retryCount: number) => ReadResp;

export function eventMessages(protocol: Protocol): EventMessages {
  const atFirst = oncePerRecord(
    () => new protocol.persistent.ReadResp(),
    (event) => eventMessage(protocol, { event }, 0),
  );
  return (resolved, retryCount) => {
    const { event, link } = resolved;
    // Where a link leads may change.
    const varies = event === undefined || link !== undefined || retryCount > 0;
    return varies ? eventMessage(protocol, resolved, retryCount) : atFirst(event);
  };
}

function eventMessage(protocol: Protocol, resolved: ResolvedEvent, retryCount: number): ReadResp {
  const { ReadResp } = protocol.persistent;
  const { ReadEvent } = ReadResp;
  const event = new ReadEvent();
  if (resolved.event) event.setEvent(fillRecord(protocol, new ReadEvent.RecordedEvent(), resolved.event));
  if (resolved.link) event.setLink(fillRecord(protocol, new ReadEvent.RecordedEvent(), resolved.link));
  event.setCommitPosition(String(receivedOf(resolved).position.commit));
  event.setRetryCount(retryCount);
  const response = new ReadResp();
  response.setEvent(event);
  return response;
}

export function confirmationMessage(protocol: Protocol, subscriptionId: string): ReadResp {
  const { ReadResp } = protocol.persistent;
  const confirmation = new ReadResp.SubscriptionConfirmation();
  confirmation.setSubscriptionId(subscriptionId);
  const response = new ReadResp();
  response.setSubscriptionConfirmation(confirmation);
  return response;
}
