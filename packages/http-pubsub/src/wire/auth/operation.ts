import { l1, l2, u1, u2, u4, u8 } from '../codec/encoding.ts';

/** Whose secret signs: requests and confirmations go to the broadcaster; messages and replies to the subscriber. */
export type Direction = 'to-broadcaster' | 'to-subscriber';

/**
 * What is said, as far as it is signed. `url` is that of the subscriber (with `missed` its recovery URL), as it was
 * registered; over a WebSocket a URL made of the connection's nonce and a counter. Digests and etags have 64 bytes.
 */
export type Operation =
  /** Also to unsubscribe, then without a recovery URL: the protocol signs both alike. */
  | {
      readonly kind: 'subscribe-exact';
      readonly url: string;
      readonly recovery?: string | undefined;
      readonly topic: Uint8Array;
    }
  | {
      readonly kind: 'subscribe-glob';
      readonly url: string;
      readonly recovery?: string | undefined;
      readonly glob: string;
    }
  | {
      readonly kind: 'notify';
      readonly topic: Uint8Array;
      readonly identifier: Uint8Array;
      readonly digest: Uint8Array;
    }
  | {
      readonly kind: 'configure';
      readonly nonce: Uint8Array;
      readonly zstd: boolean;
      readonly training: boolean;
      readonly dictionary: number;
    }
  | { readonly kind: 'check'; readonly url: string }
  | { readonly kind: 'set'; readonly url: string; readonly etag: Uint8Array }
  | {
      readonly kind: 'continue-receive';
      readonly identifier: Uint8Array;
      readonly part: number;
      readonly url: string;
    }
  | {
      readonly kind: 'confirm-receive';
      readonly identifier: Uint8Array;
      readonly subscribers: number;
      readonly url: string;
    }
  | { readonly kind: 'confirm-missed'; readonly topic: Uint8Array; readonly url: string }
  | {
      readonly kind: 'receive';
      readonly url: string;
      readonly topic: Uint8Array;
      readonly identifier: Uint8Array;
      readonly digest: Uint8Array;
    }
  | { readonly kind: 'missed'; readonly url: string; readonly topic: Uint8Array }
  | {
      readonly kind: 'confirm-subscribe-exact';
      readonly url: string;
      readonly recovery?: string | undefined;
      readonly topic: Uint8Array;
    }
  | {
      readonly kind: 'confirm-subscribe-glob';
      readonly url: string;
      readonly recovery?: string | undefined;
      readonly glob: string;
    }
  | {
      readonly kind: 'confirm-notify';
      readonly identifier: Uint8Array;
      readonly subscribers: number;
      readonly topic: Uint8Array;
      readonly digest: Uint8Array;
    }
  | { readonly kind: 'confirm-check'; readonly etag: Uint8Array }
  | { readonly kind: 'confirm-set'; readonly etag: Uint8Array }
  | { readonly kind: 'confirm-configure'; readonly nonce: Uint8Array }
  | {
      readonly kind: 'enable-zstd-preset';
      readonly url: string;
      readonly id: number;
      readonly level: number;
      readonly minSize: number;
      readonly maxSize: bigint;
    }
  | {
      readonly kind: 'enable-zstd-custom';
      readonly url: string;
      readonly id: number;
      readonly level: number;
      readonly minSize: number;
      readonly maxSize: bigint;
      readonly digest: Uint8Array;
    }
  | { readonly kind: 'disable-zstd-custom'; readonly id: number; readonly url: string }
  | { readonly kind: 'continue-notify'; readonly identifier: Uint8Array; readonly part: number };

type Kind = Operation['kind'];

const numbers: Readonly<Record<Kind, number>> = {
  'subscribe-exact': 1,
  'subscribe-glob': 2,
  notify: 3,
  configure: 4,
  check: 5,
  set: 6,
  'continue-receive': 7,
  'confirm-receive': 8,
  'confirm-missed': 9,
  receive: 10,
  missed: 11,
  'confirm-subscribe-exact': 12,
  'confirm-subscribe-glob': 13,
  'confirm-notify': 14,
  'confirm-check': 15,
  'confirm-set': 16,
  'confirm-configure': 17,
  'enable-zstd-preset': 18,
  'enable-zstd-custom': 19,
  'disable-zstd-custom': 20,
  'continue-notify': 21,
};

export function directionOf({ kind }: Operation): Direction {
  return numbers[kind] < 10 ? 'to-broadcaster' : 'to-subscriber';
}

/** When and with what a thing was signed. */
export interface Stamp {
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** At most 255 bytes of UTF-8. */
  readonly nonce: string;
}

/** What the HMAC is made of. */
export function signedBytes(operation: Operation, { timestamp, nonce }: Stamp, tracing: Uint8Array): Buffer {
  return Buffer.concat([
    u1(numbers[operation.kind]),
    u8(timestamp),
    l1(Buffer.from(nonce)),
    l2(tracing),
    ...fieldsOf(operation),
  ]);
}

function fieldsOf(operation: Operation): readonly Uint8Array[] {
  switch (operation.kind) {
    case 'subscribe-exact':
    case 'confirm-subscribe-exact':
      return [l2(operation.url), l2(operation.recovery), l2(operation.topic)];
    case 'subscribe-glob':
    case 'confirm-subscribe-glob':
      return [l2(operation.url), l2(operation.recovery), l2(operation.glob)];
    case 'notify':
      return [l2(operation.topic), l1(operation.identifier), operation.digest];
    case 'configure': {
      const { nonce, zstd, training, dictionary } = operation;
      return [l1(nonce), u1(zstd ? 1 : 0), u1(training ? 1 : 0), u2(dictionary)];
    }
    case 'check':
      return [l2(operation.url)];
    case 'set':
      return [l2(operation.url), u1(0), operation.etag];
    case 'continue-receive':
      // One byte only: the stock implementation can't sign a part beyond the 255th.
      return [l1(operation.identifier), u1(operation.part), l2(operation.url)];
    case 'confirm-receive':
      return [l1(operation.identifier), u4(operation.subscribers), l2(operation.url)];
    case 'confirm-missed':
      return [l2(operation.topic), l2(operation.url)];
    case 'receive':
      return [l2(operation.url), l2(operation.topic), l1(operation.identifier), operation.digest];
    case 'missed':
      return [l2(operation.url), l2(operation.topic)];
    case 'confirm-notify':
      return [l1(operation.identifier), u4(operation.subscribers), l2(operation.topic), operation.digest];
    case 'confirm-check':
    case 'confirm-set':
      return [u1(0), operation.etag];
    case 'confirm-configure':
      return [l1(operation.nonce)];
    case 'enable-zstd-preset':
      return zstdFields(operation);
    case 'enable-zstd-custom':
      return [...zstdFields(operation), operation.digest];
    case 'disable-zstd-custom':
      return [u4(operation.id), l2(operation.url)];
    case 'continue-notify':
      return [l1(operation.identifier), u4(operation.part)];
  }
}

function zstdFields({
  url,
  id,
  level,
  minSize,
  maxSize,
}: Operation & { readonly kind: 'enable-zstd-preset' | 'enable-zstd-custom' }): readonly Uint8Array[] {
  // "fast" levels are negative, and are signed as the two's complement of four bytes.
  return [l2(url), u4(id), u4(level >>> 0), u8(minSize), u8(maxSize)];
}
