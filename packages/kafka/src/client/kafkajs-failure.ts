import type { KafkaError, KafkaErrorCode } from '../errors.ts';
import { isKafkaError, kafkaError } from '../errors.ts';
import { adviceFor } from './kafkajs-advice.ts';

/** Error types of the protocol, and names of kafkajs's own errors. */
const codes: Readonly<Record<string, KafkaErrorCode>> = {
  TOPIC_AUTHORIZATION_FAILED: 'KAFKA_ACCESS_DENIED',
  GROUP_AUTHORIZATION_FAILED: 'KAFKA_ACCESS_DENIED',
  CLUSTER_AUTHORIZATION_FAILED: 'KAFKA_ACCESS_DENIED',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'KAFKA_ACCESS_DENIED',
  SASL_AUTHENTICATION_FAILED: 'KAFKA_ACCESS_DENIED',
  ILLEGAL_SASL_STATE: 'KAFKA_ACCESS_DENIED',
  KafkaJSSASLAuthenticationError: 'KAFKA_ACCESS_DENIED',
  UNKNOWN_TOPIC_OR_PARTITION: 'KAFKA_TOPIC_MISSING',
  INVALID_TOPIC_EXCEPTION: 'KAFKA_TOPIC_MISSING',
  INCONSISTENT_GROUP_PROTOCOL: 'KAFKA_GROUP_REFUSED',
  INVALID_GROUP_ID: 'KAFKA_GROUP_REFUSED',
  INVALID_SESSION_TIMEOUT: 'KAFKA_GROUP_REFUSED',
  GROUP_MAX_SIZE_REACHED: 'KAFKA_GROUP_REFUSED',
  REBALANCE_IN_PROGRESS: 'KAFKA_REBALANCING',
  ILLEGAL_GENERATION: 'KAFKA_REBALANCING',
  UNKNOWN_MEMBER_ID: 'KAFKA_REBALANCING',
  NOT_COORDINATOR_FOR_GROUP: 'KAFKA_REBALANCING',
  GROUP_LOAD_IN_PROGRESS: 'KAFKA_REBALANCING',
  MESSAGE_TOO_LARGE: 'KAFKA_MESSAGE_TOO_LARGE',
  RECORD_LIST_TOO_LARGE: 'KAFKA_MESSAGE_TOO_LARGE',
  OFFSET_OUT_OF_RANGE: 'KAFKA_OFFSET_OUT_OF_RANGE',
  UNSUPPORTED_VERSION: 'KAFKA_UNSUPPORTED',
  UNSUPPORTED_SASL_MECHANISM: 'KAFKA_UNSUPPORTED',
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 'KAFKA_UNSUPPORTED',
  KafkaJSNotImplemented: 'KAFKA_UNSUPPORTED',
  KafkaJSServerDoesNotSupportApiKey: 'KAFKA_UNSUPPORTED',
  KafkaJSConnectionError: 'KAFKA_UNREACHABLE',
  KafkaJSConnectionClosedError: 'KAFKA_UNREACHABLE',
  KafkaJSRequestTimeoutError: 'KAFKA_UNREACHABLE',
  KafkaJSLockTimeout: 'KAFKA_UNREACHABLE',
  KafkaJSBrokerNotFound: 'KAFKA_UNREACHABLE',
  KafkaJSNoBrokerAvailableError: 'KAFKA_UNREACHABLE',
  KafkaJSGroupCoordinatorNotFound: 'KAFKA_UNREACHABLE',
  GROUP_COORDINATOR_NOT_AVAILABLE: 'KAFKA_UNREACHABLE',
  COORDINATOR_NOT_AVAILABLE: 'KAFKA_UNREACHABLE',
  LEADER_NOT_AVAILABLE: 'KAFKA_UNREACHABLE',
  NOT_LEADER_FOR_PARTITION: 'KAFKA_UNREACHABLE',
  NETWORK_EXCEPTION: 'KAFKA_UNREACHABLE',
  NOT_ENOUGH_REPLICAS: 'KAFKA_UNREACHABLE',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'KAFKA_UNREACHABLE',
  REQUEST_TIMED_OUT: 'KAFKA_UNREACHABLE',
};

/** Some have neither a type nor a name of their own. */
const byMessage: readonly (readonly [RegExp, KafkaErrorCode])[] = [
  [/^API Versions not supported/, 'KAFKA_UNSUPPORTED'],
  [/^Broker not connected/, 'KAFKA_UNREACHABLE'],
];

/** With such an alert a broker says what it thinks of the client's certificate. */
const refusedCertificate = /^ERR_SSL_\S*ALERT_\w*(?:CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/;

/** What an error of kafkajs means, and what to do. Its reason may be buried below retries and wrappers. */
export function kafkajsFailure(error: unknown, what: string): KafkaError {
  if (isKafkaError(error)) return error;
  const errors = chainOf(error);
  const reason = errors.find(codeOf) ?? errors.find((at) => adviceFor(at) !== '') ?? errors[0];
  if (reason === undefined) return kafkaError('KAFKA_REQUEST_FAILED', `${what}: ${String(error)}`, error);
  const text = sentences(`${what}: ${reason.message}`, adviceFor(reason));
  return kafkaError(codeOf(reason) ?? 'KAFKA_REQUEST_FAILED', text, error);
}

/** An error and its causes. */
function chainOf(error: unknown): readonly Error[] {
  const chain: Error[] = [];
  for (let at = error; at instanceof Error && chain.length < 8; at = at.cause) chain.push(at);
  return chain;
}

function codeOf(error: Error): KafkaErrorCode | undefined {
  const { type, name, code, message } = error as Error & { readonly type?: unknown; readonly code?: unknown };
  if (typeof code === 'string' && refusedCertificate.test(code)) return 'KAFKA_ACCESS_DENIED';
  const known = (typeof type === 'string' && codes[type]) || codes[name];
  return known || byMessage.find(([pattern]) => pattern.test(message))?.[1];
}

function sentences(problem: string, advice: string): string {
  return advice === '' ? problem : `${problem.trimEnd().replace(/\.$/, '')}. ${advice}`;
}
