import { randomUUID } from 'node:crypto';
import type * as Shared from '@kurrent/kurrentdb-client/generated/kurrentdb/protocols/v1/shared_pb.js';
import { statusOf } from '../refusal.ts';
import type { ExpectedRevision } from '../store/expected-revision.ts';
import type { ProposedEvent } from '../store/recorded-event.ts';

/** A proposed event on the wire: of single and of batched appends. */
interface ProposedMessage {
  getId(): Shared.UUID | undefined;
  getMetadataMap(): { get(key: string): string | undefined };
  getCustomMetadata_asU8(): Uint8Array;
  getData_asU8(): Uint8Array;
}

export function proposedOf(message: ProposedMessage): ProposedEvent {
  const metadata = message.getMetadataMap();
  const type = metadata.get('type');
  const contentType = metadata.get('content-type');
  const missing = type === undefined ? 'type' : contentType === undefined ? 'content-type' : undefined;
  if (type === undefined || missing) {
    throw statusOf({
      status: 'INVALID_ARGUMENT',
      details: `Required Metadata Property '${missing}' is missing`,
      trailers: {
        exception: 'missing-required-metadata-property',
        'required-metadata-properties': 'type,content-type',
      },
    });
  }
  return {
    id: message.getId()?.getString() || randomUUID(),
    type,
    json: contentType === 'application/json',
    data: message.getData_asU8(),
    metadata: message.getCustomMetadata_asU8(),
  };
}

export function sizeOf(events: readonly ProposedEvent[]): number {
  return events.reduce((bytes, { data, metadata }) => bytes + data.length + metadata.length, 0);
}

/** What a writer or a deleter expects, on the wire. */
interface ExpectedMessage {
  hasRevision(): boolean;
  getRevision(): string;
  hasNoStream(): boolean;
  hasStreamExists(): boolean;
}

export function expectedOf(options: ExpectedMessage): ExpectedRevision {
  if (options.hasRevision()) return BigInt(options.getRevision());
  if (options.hasNoStream()) return 'no_stream';
  return options.hasStreamExists() ? 'stream_exists' : 'any';
}
