import type { KafkaRecord } from '../../src/client/port.ts';
import type { AbortedTransaction } from '../../src/platformatic/fetch-answer.ts';
import type { Readable } from '../../src/platformatic/records.ts';
import { readableRecords } from '../../src/platformatic/records.ts';

/** What the client makes of bytes that a fetch has brought. */
export function read(
  bytes: Buffer,
  from = 0,
  abortedTransactions: readonly AbortedTransaction[] = [],
): Readable {
  return readableRecords({ topic: 'orders', partition: 3, bytes, abortedTransactions }, BigInt(from));
}

/** A record with its bytes as text, and headers as a list. */
export function plain({ offset, key, value, timestamp, headers }: KafkaRecord) {
  return {
    offset: Number(offset),
    key: textOf(key),
    value: textOf(value),
    timestamp,
    headers: Object.entries(headers ?? {}).map(([name, its]) => [
      name,
      ...(Array.isArray(its) ? its : [its]).map((one) => textOf(one as Buffer | null)),
    ]),
  };
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes && Buffer.from(bytes).toString('latin1');
}
