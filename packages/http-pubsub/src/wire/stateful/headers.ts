import {
  bytesHeader,
  fixedNumberHeader,
  flagHeader,
  largeNumberHeader,
  numberHeader,
  optionalTextHeader,
  signedHeader,
  textHeader,
  zeroByteHeader,
} from './header.ts';

const most = 65_535;
const digest = { least: 64, most: 64 };
const nonce = { least: 32, most: 32 };

/** All headers of the messages, and how they travel. */
export const headers = {
  authorization: optionalTextHeader('authorization'),
  tracing: bytesHeader('x-tracing', { most }),
  subscriberNonce: bytesHeader('x-subscriber-nonce', nonce),
  broadcasterNonce: bytesHeader('x-broadcaster-nonce', nonce),
  enableZstd: flagHeader('x-enable-zstd'),
  enableTraining: flagHeader('x-enable-training'),
  initialDictionary: fixedNumberHeader('x-initial-dict', 2),
  topic: bytesHeader('x-topic', { most }),
  glob: textHeader('x-glob'),
  identifier: bytesHeader('x-identifier', { least: 1, most: 64 }),
  part: numberHeader('x-part-id', 8),
  streamPart: zeroByteHeader('x-part-id', 8),
  compressor: zeroByteHeader('x-compressor', 8),
  compressedLength: numberHeader('x-compressed-length', 8),
  decompressedLength: numberHeader('x-decompressed-length', 8),
  compressedDigest: bytesHeader('x-compressed-sha512', digest),
  receivers: fixedNumberHeader('x-num-subscribers', 4),
  subscribers: numberHeader('x-subscribers', 8),
  dictionary: numberHeader('x-identifier', 8),
  level: signedHeader('x-compression-level'),
  minSize: numberHeader('x-min-size', 4),
  maxSize: largeNumberHeader('x-max-size', 8),
  dictionaryDigest: bytesHeader('x-sha512', digest),
};
