import type { KafkaError, KafkaErrorCode } from '../errors.ts';
import { isKafkaError, kafkaError } from '../errors.ts';
import { protocolErrors } from './protocol-errors.ts';

/** Errors of the protocol, and names of kafkajs's own. */
const codes: Readonly<Record<string, KafkaErrorCode>> = {
  ...protocolErrors,
  KafkaJSSASLAuthenticationError: 'KAFKA_ACCESS_DENIED',
  KafkaJSNotImplemented: 'KAFKA_UNSUPPORTED',
  KafkaJSServerDoesNotSupportApiKey: 'KAFKA_UNSUPPORTED',
  KafkaJSConnectionError: 'KAFKA_UNREACHABLE',
  KafkaJSConnectionClosedError: 'KAFKA_UNREACHABLE',
  KafkaJSRequestTimeoutError: 'KAFKA_UNREACHABLE',
  KafkaJSBrokerNotFound: 'KAFKA_UNREACHABLE',
  KafkaJSNoBrokerAvailableError: 'KAFKA_UNREACHABLE',
  KafkaJSGroupCoordinatorNotFound: 'KAFKA_UNREACHABLE',
};

/** What an error of kafkajs means. Its reason may be buried below retries and wrappers. */
export function kafkajsFailure(error: unknown, what: string): KafkaError {
  if (isKafkaError(error)) return error;
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
    const { type, name } = at as Error & { readonly type?: unknown };
    const code = (typeof type === 'string' && codes[type]) || codes[name];
    if (code) return kafkaError(code, `${what}: ${at.message}`, error);
  }
  const message = error instanceof Error ? error.message : String(error);
  return kafkaError('KAFKA_REQUEST_FAILED', `${what}: ${message}`, error);
}
