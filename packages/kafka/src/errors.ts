import { isMillraceError, MillraceError } from '@millrace/core';

/** Every code that this package puts on an error. The README says of each what it means and what to do. */
export const kafkaErrorCodes = [
  'KAFKA_OPTIONS',
  'KAFKA_UNREACHABLE',
  'KAFKA_ACCESS_DENIED',
  'KAFKA_TOPIC_MISSING',
  'KAFKA_GROUP_REFUSED',
  'KAFKA_GROUP_SHARED',
  'KAFKA_INSTANCE_FENCED',
  'KAFKA_REBALANCING',
  'KAFKA_OFFSET_OUT_OF_RANGE',
  'KAFKA_UNSUPPORTED',
  'KAFKA_EVENT_INVALID',
  'KAFKA_MESSAGE_TOO_LARGE',
  'KAFKA_PUBLISHER_CLOSED',
  'KAFKA_REQUEST_FAILED',
] as const;

export type KafkaErrorCode = (typeof kafkaErrorCodes)[number];

export type KafkaError = MillraceError<KafkaErrorCode>;

export function kafkaError(code: KafkaErrorCode, message: string, cause?: unknown): KafkaError {
  return new MillraceError(code, message, { cause });
}

export function isKafkaError(error: unknown): error is KafkaError {
  return kafkaErrorCodes.some((code) => isMillraceError(error, code));
}

/** What a session may break off for, and another one may work: trouble that passes, and rights that somebody may give back. */
export function mayEnd(error: unknown): error is KafkaError {
  return passesByItself(error) || isMillraceError(error, 'KAFKA_ACCESS_DENIED');
}

/** Trouble with the network or in the cluster, worth another try later. */
export function passesByItself(error: unknown): error is KafkaError {
  const codes: readonly KafkaErrorCode[] = [
    'KAFKA_UNREACHABLE',
    'KAFKA_REBALANCING',
    'KAFKA_REQUEST_FAILED',
    'KAFKA_TOPIC_MISSING',
  ];
  return codes.some((code) => isMillraceError(error, code));
}
