import {
  AuthenticationError,
  MultipleErrors,
  NetworkError,
  ProtocolError,
  UnsupportedCompressionError,
} from '@platformatic/kafka';
import { expect, it } from 'vitest';
import { isWorthAnotherTry, platformaticFailure } from '../../src/platformatic/failure.ts';
import { notOffered } from '../../src/platformatic/requests.ts';

const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9092'), { code: 'ECONNREFUSED' });

it.each([
  [new NetworkError('No.', { cause: refused }), 'KAFKA_UNREACHABLE', true, 'ECONNREFUSED'],
  [
    new NetworkError('No.', { cause: new AuthenticationError('Who are you?') }),
    'KAFKA_ACCESS_DENIED',
    false,
    'Who are you?',
  ],
  [
    new NetworkError('No.', {
      cause: new AuthenticationError('No way.', { cause: new NetworkError('Connection closed') }),
    }),
    'KAFKA_UNREACHABLE',
    true,
    'Connection closed. If it always does so',
  ],
  [
    new NetworkError('No.', {
      cause: new AuthenticationError('No way.', { cause: new ProtocolError('UNSUPPORTED_SASL_MECHANISM') }),
    }),
    'KAFKA_UNSUPPORTED',
    false,
    'SASL mechanism',
  ],
  [
    new MultipleErrors('Both.', [new NetworkError('Gone.'), new ProtocolError('TOPIC_AUTHORIZATION_FAILED')]),
    'KAFKA_ACCESS_DENIED',
    false,
    'authorization',
  ],
  [new ProtocolError('NOT_LEADER_OR_FOLLOWER'), 'KAFKA_UNREACHABLE', true, ''],
  [new ProtocolError('UNKNOWN_TOPIC_OR_PARTITION'), 'KAFKA_TOPIC_MISSING', true, ''],
  [new ProtocolError('NOT_COORDINATOR'), 'KAFKA_REBALANCING', true, ''],
  [new ProtocolError('ILLEGAL_GENERATION'), 'KAFKA_REBALANCING', false, ''],
  [new ProtocolError('FENCED_INSTANCE_ID'), 'KAFKA_INSTANCE_FENCED', false, ''],
  [new UnsupportedCompressionError('No zstd.'), 'KAFKA_UNSUPPORTED', false, 'No zstd.'],
  [new ProtocolError('INVALID_RECORD'), 'KAFKA_REQUEST_FAILED', false, ''],
  [new TypeError('A bug.'), 'KAFKA_REQUEST_FAILED', false, 'A bug.'],
])('%#: %s', (error, code, passes, message) => {
  const failure = platformaticFailure(error, 'It went wrong');
  expect(failure).toMatchObject({ code, cause: error });
  expect(failure.message).toMatch(/^It went wrong: /);
  expect(failure.message).toContain(message);
  expect(isWorthAnotherTry(error)).toBe(passes);
});

it('a broker is asked for what it takes', () => {
  const offers = (minVersion: number, maxVersion: number) =>
    Array.from({ length: 80 }, (_, apiKey) => ({ apiKey, minVersion, maxVersion }));
  expect(notOffered(offers(0, 20))).toEqual([]);
  expect(notOffered(offers(0, 11))).toEqual(['Fetch 12', 'Metadata 12']);
  expect(notOffered(offers(5, 20))).toEqual(['FindCoordinator 4', 'Heartbeat 4', 'InitProducerId 4']);
});
