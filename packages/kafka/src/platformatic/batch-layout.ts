/** The format of batches since Kafka 0.11: https://kafka.apache.org/documentation/#recordbatch */
export const format = 2;

/** Bits of a batch's attributes, which are its codec. */
export const codecMask = 0b111;

/** Where fields of a batch begin. Its length counts what comes after the length, its checksum what comes after the checksum. */
export const at = {
  length: 8,
  afterLength: 12,
  leaderEpoch: 12,
  format: 16,
  checksum: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  firstTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  sequence: 53,
  count: 57,
  payload: 61,
} as const;
