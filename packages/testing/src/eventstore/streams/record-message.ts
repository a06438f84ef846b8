import type * as Shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import type { Protocol } from '../protocol/protocol.ts';
import type { RecordedEvent } from '../store/recorded-event.ts';

/** A recorded event on the wire: of reads and of persistent subscriptions, which have a message of their own for it. */
interface RecordMessage {
  setId(id: Shared.UUID): unknown;
  setStreamIdentifier(stream: Shared.StreamIdentifier): unknown;
  setStreamRevision(revision: string): unknown;
  setCommitPosition(position: string): unknown;
  setPreparePosition(position: string): unknown;
  getMetadataMap(): { set(key: string, value: string): unknown };
  setCustomMetadata(bytes: Uint8Array): unknown;
  setData(bytes: Uint8Array): unknown;
}

/** Fills in a message, and answers it. */
export function fillRecord<Message extends RecordMessage>(
  { shared }: Protocol,
  message: Message,
  event: RecordedEvent,
): Message {
  const id = new shared.UUID();
  id.setString(event.id);
  message.setId(id);
  message.setStreamIdentifier(streamIdentifier({ shared }, event.stream));
  message.setStreamRevision(String(event.revision));
  message.setCommitPosition(String(event.position.commit));
  message.setPreparePosition(String(event.position.prepare));
  const metadata = message.getMetadataMap();
  metadata.set('type', event.type);
  metadata.set('content-type', event.json ? 'application/json' : 'application/octet-stream');
  // In .NET's unit of 100 nanoseconds.
  metadata.set('created', String(BigInt(Math.trunc(event.created)) * 10_000n));
  message.setCustomMetadata(event.metadata);
  message.setData(event.data);
  return message;
}

export function streamIdentifier(
  { shared }: Pick<Protocol, 'shared'>,
  stream: string,
): Shared.StreamIdentifier {
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(stream));
  return identifier;
}

export function streamNameOf(identifier: Shared.StreamIdentifier | undefined): string {
  return Buffer.from(identifier?.getStreamName_asU8() ?? []).toString();
}
