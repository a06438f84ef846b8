import { replayIdFromBytes } from '../event-log/replay-id.ts';

/** Undefined when it is none. Ids that were cut to their first 8 bytes are taken too: salesforce-pubsub-api-client does so. */
export function readReplayId(bytes: Uint8Array): bigint | undefined {
  return replayIdFromBytes(bytes.length === 8 ? Buffer.concat([bytes, Buffer.alloc(2)]) : bytes);
}
