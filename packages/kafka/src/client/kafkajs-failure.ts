import type { KafkaError, KafkaErrorCode } from '../errors.ts';
import { isKafkaError, kafkaError } from '../errors.ts';
import { adviceFor, isRefusedCertificate, withAdvice } from './advice.ts';
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
  KafkaJSLockTimeout: 'KAFKA_UNREACHABLE',
  KafkaJSBrokerNotFound: 'KAFKA_UNREACHABLE',
  KafkaJSNoBrokerAvailableError: 'KAFKA_UNREACHABLE',
  KafkaJSGroupCoordinatorNotFound: 'KAFKA_UNREACHABLE',
};

/** Some have neither a type nor a name of their own. */
const byMessage: readonly (readonly [RegExp, KafkaErrorCode])[] = [
  [/^API Versions not supported/, 'KAFKA_UNSUPPORTED'],
  [/^Broker not connected/, 'KAFKA_UNREACHABLE'],
];

const optionNames = { tls: 'ssl', brokers: 'brokers' };

/** What an error of kafkajs means, and what to do. Its reason may be buried below retries and wrappers. */
export function kafkajsFailure(error: unknown, what: string): KafkaError {
  if (isKafkaError(error)) return error;
  const errors = chainOf(error);
  const reason = errors.find(codeOf) ?? errors.find((at) => adviceFor(at, optionNames) !== '') ?? errors[0];
  if (reason === undefined) return kafkaError('KAFKA_REQUEST_FAILED', `${what}: ${String(error)}`, error);
  const text = withAdvice(`${what}: ${reason.message}`, adviceFor(reason, optionNames));
  return kafkaError(codeOf(reason) ?? 'KAFKA_REQUEST_FAILED', text, error);
}

/** An error and its causes. */
function chainOf(error: unknown): readonly Error[] {
  const chain: Error[] = [];
  for (let at = error; at instanceof Error && chain.length < 8; at = at.cause) chain.push(at);
  return chain;
}

function codeOf(error: Error): KafkaErrorCode | undefined {
  const { type, name, message } = error as Error & { readonly type?: unknown };
  if (isRefusedCertificate(error)) return 'KAFKA_ACCESS_DENIED';
  const known = (typeof type === 'string' && codes[type]) || codes[name];
  return known || byMessage.find(([pattern]) => pattern.test(message))?.[1];
}
