import type { Message } from '@millrace/core';

/** A record's key and payload as they were received, which a schema may have made something else of. */
export interface NativeRecord {
  readonly key: Uint8Array | string | null | undefined;
  readonly value: unknown;
}

/** Of a message that is no Kafka record: its key and what it was decoded to. */
export function nativeRecord({ native, key, data }: Message): NativeRecord {
  if (typeof native !== 'object' || native === null || !('value' in native)) return { key, value: data };
  const { key: itsKey, value } = native as { readonly key?: Uint8Array | null; readonly value: unknown };
  return { key: itsKey, value };
}
