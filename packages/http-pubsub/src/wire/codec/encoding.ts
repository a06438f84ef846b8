import { httpPubsubError } from '../../errors.ts';

/** Whole numbers are big-endian and without a sign. */
export function u1(value: number): Buffer {
  return fixed(BigInt(value), 1);
}

export function u2(value: number): Buffer {
  return fixed(BigInt(value), 2);
}

export function u4(value: number): Buffer {
  return fixed(BigInt(value), 4);
}

export function u8(value: number | bigint): Buffer {
  return fixed(BigInt(value), 8);
}

/** Its length in one byte, then the bytes. */
export function l1(bytes: Uint8Array): Buffer {
  return Buffer.concat([sized(bytes, 1), bytes]);
}

/** Its length in two bytes, then the bytes; texts in UTF-8, none as an empty one. */
export function l2(value: Uint8Array | string | undefined): Buffer {
  const bytes = typeof value === 'object' ? value : Buffer.from(value ?? '');
  return Buffer.concat([sized(bytes, 2), bytes]);
}

function sized(bytes: Uint8Array, size: 1 | 2): Buffer {
  const most = 2 ** (8 * size) - 1;
  if (bytes.length <= most) return fixed(BigInt(bytes.length), size);
  throw httpPubsubError(
    'PUBSUB_OPTIONS',
    `A value of ${bytes.length} bytes does not fit into the protocol, which takes ${most} here: shorten topic, URL or identifier.`,
  );
}

function fixed(value: bigint, size: number): Buffer {
  if (value < 0n || value >= 1n << BigInt(8 * size)) {
    throw httpPubsubError('PUBSUB_OPTIONS', `The number ${value} does not fit into ${size} bytes.`);
  }
  return Buffer.from(value.toString(16).padStart(2 * size, '0'), 'hex');
}
