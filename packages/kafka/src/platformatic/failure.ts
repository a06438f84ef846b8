import { adviceFor, isRefusedCertificate, withAdvice } from '../client/advice.ts';
import { protocolErrors } from '../client/protocol-errors.ts';
import type { KafkaError, KafkaErrorCode } from '../errors.ts';
import { isKafkaError, kafkaError } from '../errors.ts';

/** Codes of the library's own errors. Its `PLT_KFK_NETWORK` is on timeouts, too. */
const libraryCodes: Readonly<Record<string, KafkaErrorCode>> = {
  PLT_KFK_AUTHENTICATION: 'KAFKA_ACCESS_DENIED',
  PLT_KFK_UNSUPPORTED: 'KAFKA_UNSUPPORTED',
  PLT_KFK_UNSUPPORTED_API: 'KAFKA_UNSUPPORTED',
  PLT_KFK_UNSUPPORTED_COMPRESSION: 'KAFKA_UNSUPPORTED',
  PLT_KFK_UNSUPPORTED_FORMAT: 'KAFKA_UNSUPPORTED',
  PLT_KFK_NETWORK: 'KAFKA_UNREACHABLE',
  PLT_KFK_UNEXPECTED_CORRELATION_ID: 'KAFKA_UNREACHABLE',
};

const optionNames = { tls: 'tls', brokers: 'bootstrapBrokers' };

/** An error of the library, as far as it is looked at. */
interface LibraryError extends Error {
  readonly code?: unknown;
  /** The protocol's name of an error that a broker has answered. */
  readonly apiId?: unknown;
  /** Those that it is made of. */
  readonly errors?: readonly unknown[];
}

/** The protocol's name of an error, if a broker has answered one. */
export function protocolErrorOf(error: unknown): string | undefined {
  for (const { apiId } of reasonsOf(error)) if (typeof apiId === 'string') return apiId;
  return undefined;
}

/** What an error of the library means, and what to do. Its reason may be among several, or buried below wrappers. */
export function platformaticFailure(error: unknown, what: string): KafkaError {
  if (isKafkaError(error)) return error;
  const reasons = [...reasonsOf(error)];
  const coded = reasons.flatMap((reason) => {
    const code = codeOf(reason);
    return code === undefined ? [] : [{ code, reason }];
  });
  // That there is no connection says less than why there is none.
  const telling =
    coded.find(({ reason }) => 'apiId' in reason) ??
    coded.find(({ code }) => code !== 'KAFKA_UNREACHABLE') ??
    coded[0];
  const message = reasons.at(-1)?.message ?? String(error);
  // Wrappers come first, and know less.
  const advices = reasons.map((reason) => adviceFor(reason, optionNames)).filter((text) => text !== '');
  const advice = advices.at(-1) ?? '';
  const { code, reason } = telling ?? { code: 'KAFKA_REQUEST_FAILED' };
  const isClear = reason !== undefined && code !== 'KAFKA_UNREACHABLE';
  return kafkaError(code, withAdvice(`${what}: ${isClear ? reason.message : message}`, advice), error);
}

/** Whether trying the same again in a moment may help. */
export function isWorthAnotherTry(error: unknown): boolean {
  const { code } = platformaticFailure(error, '');
  // Of a member that is not what it was, the same will be refused again.
  if (code === 'KAFKA_REBALANCING') return /COORDINATOR/.test(protocolErrorOf(error) ?? '');
  return code === 'KAFKA_UNREACHABLE' || code === 'KAFKA_TOPIC_MISSING';
}

function codeOf(error: LibraryError): KafkaErrorCode | undefined {
  if (isRefusedCertificate(error)) return 'KAFKA_ACCESS_DENIED';
  const { apiId, code } = error;
  // A connection that ends before all is said proves nothing.
  if (code === 'PLT_KFK_AUTHENTICATION' && [...reasonsOf(error.cause)].some(isNetworkError)) {
    return 'KAFKA_UNREACHABLE';
  }
  if (typeof apiId === 'string') return protocolErrors[apiId];
  return typeof code === 'string' ? libraryCodes[code] : undefined;
}

const isNetworkError = ({ code }: LibraryError) => code === 'PLT_KFK_NETWORK';

function* reasonsOf(error: unknown, depth = 0): Generator<LibraryError> {
  if (!(error instanceof Error) || depth === 8) return;
  yield error;
  const { errors } = error as LibraryError;
  if (Array.isArray(errors)) for (const one of errors) yield* reasonsOf(one, depth + 1);
  yield* reasonsOf(error.cause, depth + 1);
}
