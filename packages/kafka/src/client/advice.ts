/** What a client calls its options. */
export interface OptionNames {
  /** Options of TLS. */
  readonly tls: string;
  /** The addresses that it begins with. */
  readonly brokers: string;
}

/** What to do about errors that are nobody's fault but the configuration's, by type, name, code and message. */
const advices: readonly (readonly [RegExp, string])[] = [
  [
    /^TOPIC_AUTHORIZATION_FAILED/,
    'Give this user the ACL that it lacks on the topic: Read to consume, Write to publish. Each includes Describe.',
  ],
  [/^GROUP_AUTHORIZATION_FAILED/, 'Give this user the ACL Read on the group.'],
  [
    /^CLUSTER_AUTHORIZATION_FAILED/,
    'Give this user the ACL Write on the topic, or IdempotentWrite on the cluster; or publish with `idempotent: false`.',
  ],
  [
    /^UNSUPPORTED_SASL_MECHANISM/,
    'Choose a `sasl.mechanism` of those that the listener of the broker has enabled.',
  ],
  [
    /^ILLEGAL_SASL_STATE/,
    'The port may be one without SASL, or its sessions shorter than `reauthenticationThreshold` of the client: see `sasl` and `{brokers}`.',
  ],
  [
    /^SASL_AUTHENTICATION_FAILED|KafkaJSSASLAuthenticationError|PLT_KFK_AUTHENTICATION/,
    'See to `sasl` of the client: mechanism, user and password.',
  ],
  [
    /ALERT_\w*(?:CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/,
    'The broker does not take the certificate of the client, or misses one: see `{tls}.cert` and `{tls}.key`.',
  ],
  [
    /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|CERT_UNTRUSTED/,
    "The broker's certificate is signed by nobody that this client knows: set `{tls}.ca` of the client.",
  ],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID/,
    "The broker's certificate is for another host: see `{brokers}`, and what the broker advertises.",
  ],
  [/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/, "The time of the broker's certificate is over, or has not begun."],
  [
    /before secure TLS connection|WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/,
    'The port may speak no TLS: see `{tls}` and `{brokers}` of the client.',
  ],
  [
    /KafkaJSConnectionClosedError|PLT_KFK_NETWORK Connection closed/,
    'If it always does so, the port wants TLS or SASL of the client, is no Kafka, or one that speaks no version of the protocol that the client speaks: see `{tls}`, `sasl` and `{brokers}`.',
  ],
  [
    /KafkaJSRequestTimeoutError|Broker not connected|PLT_KFK_NETWORK Request timed out/,
    'Somebody listens there and does not answer as Kafka does: see `{brokers}` of the client.',
  ],
  [
    /API Versions not supported|KafkaJSServerDoesNotSupportApiKey|UNSUPPORTED_VERSION/,
    'The broker is older or newer than what the client speaks: see `{brokers}`, and the version of the client.',
  ],
  [/compression not implemented/, 'Set its codec in `CompressionCodecs` of kafkajs.'],
  [
    /Z_\w+_ERROR|ZSTD_error|ERR_BUFFER_OUT_OF_BOUNDS|ERR_OUT_OF_RANGE/,
    'A batch can not be read: it is damaged, or its codec does not understand it. See what is there with kafka-dump-log.sh; set the offsets of the group to pass over it.',
  ],
  [
    /KafkaJSGroupCoordinatorNotFound/,
    'The cluster may only be starting; or this user lacks the ACL Read on the group.',
  ],
];

/** An error, as far as it is looked at: kafkajs has the protocol's name of it as `type`, @platformatic/kafka as `apiId`. */
interface TypedError extends Error {
  readonly type?: unknown;
  readonly apiId?: unknown;
  readonly code?: unknown;
}

/** Empty where nothing is known. */
export function adviceFor(error: Error, { tls, brokers }: OptionNames): string {
  const { type, apiId, name, code, message } = error as TypedError;
  const text = [type, apiId, name, code, message].filter((part) => typeof part === 'string').join(' ');
  const advice = advices.find(([pattern]) => pattern.test(text))?.[1] ?? '';
  return advice.replaceAll('{tls}', tls).replaceAll('{brokers}', brokers);
}

/** With such an alert a broker says what it thinks of the client's certificate. */
const refusedCertificate = /^ERR_SSL_\S*ALERT_\w*(?:CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/;

export function isRefusedCertificate({ code }: TypedError): boolean {
  return typeof code === 'string' && refusedCertificate.test(code);
}

/** A problem, and what to do about it if that is known. */
export function withAdvice(problem: string, advice: string): string {
  return advice === '' ? problem : `${problem.trimEnd().replace(/\.$/, '')}. ${advice}`;
}
