import type { StartPosition } from '@millrace/core';
import { kafkaError } from './errors.ts';
import type { KafkaClient } from './client/port.ts';
import type { DecodeOptions, DecodeSettings } from './decode/options.ts';
import type { KafkaOptions, KafkaSettings } from './options.ts';

/** `setTimeout` takes no more. */
const longestTime = 2 ** 31 - 1;
/** What goes over the wire as 32 bits. */
const most = 2 ** 31 - 1;

/** Throws KAFKA_OPTIONS, and KAFKA_UNSUPPORTED for what the client can't do. What core has of its own, it checks itself. */
export function checkOptions(options: KafkaOptions): KafkaSettings {
  if (typeof options !== 'object' || options === null) {
    throw wrongOption('Options are needed: kafka({ client, topics: "orders", group: "billing" }).');
  }
  const { fetch = {} } = options;
  const client = checkClient(options.client);
  const topics = checkTopics(options.topics);
  const group = options.group === undefined ? undefined : optionText('group', options.group);
  const sessionTimeout = milliseconds('sessionTimeout', options.sessionTimeout ?? 30_000, 1);
  const heartbeatInterval = milliseconds(
    'heartbeatInterval',
    options.heartbeatInterval ?? Math.ceil(sessionTimeout / 10),
    1,
  );
  if (heartbeatInterval > sessionTimeout / 2) {
    throw wrongOption(
      '`heartbeatInterval` must be at most half of `sessionTimeout`, or one lost sign ends all.',
    );
  }
  const maxWait = milliseconds('fetch.maxWait', fetch.maxWait ?? 250, 1);
  if (maxWait > sessionTimeout / 3) {
    throw wrongOption(
      '`fetch.maxWait` must be at most a third of `sessionTimeout`: meanwhile no sign of life is sent.',
    );
  }
  return {
    name: optionText('name', options.name ?? [options.topics].flat().map(String).join(',')),
    client,
    topics,
    group,
    start: checkStart(options.start),
    onInvalidPosition: oneOf('onInvalidPosition', options.onInvalidPosition ?? 'fail', [
      'earliest',
      'latest',
      'fail',
    ]),
    order: oneOf('order', options.order ?? 'partition', ['partition', 'key']),
    instanceId: checkInstance(options.instanceId, client),
    decode: checkDecode(options),
    sessionTimeout,
    heartbeatInterval,
    rebalanceTimeout: milliseconds('rebalanceTimeout', options.rebalanceTimeout ?? 60_000, 1),
    revokeTimeout: milliseconds('revokeTimeout', options.revokeTimeout ?? 5_000, 0),
    topicsRefresh: milliseconds('topicsRefresh', options.topicsRefresh ?? 60_000, 100),
    fetch: {
      maxWait,
      maxBytesPartition: wholeNumber('fetch.maxBytesPartition', fetch.maxBytesPartition ?? 1_048_576, 1),
      maxBuffered: wholeNumber('fetch.maxBuffered', fetch.maxBuffered ?? 4_194_304, 1),
    },
  };
}

function checkClient(client: unknown): KafkaClient {
  if (typeof client === 'object' && client !== null && 'member' in client && 'admin' in client) {
    return client as KafkaClient;
  }
  throw wrongOption('`client` is needed: kafkajsClient(new Kafka({ brokers: ["localhost:9092"] })).');
}

function checkTopics(topics: KafkaOptions['topics']): KafkaSettings['topics'] {
  const list: readonly unknown[] = Array.isArray(topics) ? topics : [topics];
  if (list.length === 0) throw wrongOption('`topics` must not be empty.');
  const names: string[] = [];
  const patterns: RegExp[] = [];
  for (const topic of list) {
    if (topic instanceof RegExp) {
      if (topic.global || topic.sticky) throw wrongOption('A pattern in `topics` must have no flag g or y.');
      patterns.push(topic);
    } else names.push(topicName('topics', topic));
  }
  return { names: [...new Set(names)], patterns };
}

/** The names that brokers take. */
export function topicName(option: string, value: unknown): string {
  const name = optionText(option, value);
  if (/^[\w.-]{1,249}$/.test(name) && name !== '.' && name !== '..') return name;
  throw wrongOption(
    `\`${option}\`: a topic's name has up to 249 letters, digits, dots, dashes and underscores.`,
  );
}

function checkStart(start: StartPosition = 'latest'): StartPosition {
  if (start === 'latest' || start === 'earliest') return start;
  if (typeof start === 'object' && start !== null) {
    if ('at' in start && start.at instanceof Date && !Number.isNaN(start.at.getTime())) return start;
    if ('after' in start && /^\d{1,18}$/.test(start.after)) return start;
  }
  throw wrongOption(
    '`start` must be "latest", "earliest", { at: a Date } or { after: position }, the offset of a record.',
  );
}

function checkInstance(instanceId: unknown, client: KafkaClient): string | undefined {
  if (instanceId === undefined) return undefined;
  if (client.supports.staticMembership) return optionText('instanceId', instanceId);
  throw kafkaError(
    'KAFKA_UNSUPPORTED',
    '`instanceId`: this client has no static membership, as kafkajs has none. Leave it out, or take platformaticClient of "@millrace/kafka/platformatic".',
  );
}

function checkDecode(options: DecodeOptions): DecodeSettings {
  const { eventFrom } = options;
  if (eventFrom !== undefined && typeof eventFrom !== 'function') optionText('eventFrom', eventFrom);
  return {
    eventHeader: optionText('eventHeader', options.eventHeader ?? 'event'),
    idHeader: optionText('idHeader', options.idHeader ?? 'event-id'),
    eventFrom,
    format: oneOf('format', options.format ?? 'json', ['json', 'text', 'bytes']),
  };
}

export function optionText(name: string, value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw wrongOption(`\`${name}\` must be a text that is not blank.`);
}

function oneOf<T extends string>(name: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  throw wrongOption(`\`${name}\` must be ${allowed.map((it) => `"${it}"`).join(' or ')}.`);
}

function milliseconds(name: string, value: unknown, least: number): number {
  if (typeof value === 'number' && value >= least && value <= longestTime) return value;
  throw wrongOption(`\`${name}\` must be a number of milliseconds from ${least} to ${longestTime}.`);
}

export function wholeNumber(name: string, value: unknown, least: number): number {
  if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value);
  throw wrongOption(`\`${name}\` must be a whole number from ${least} to ${most}.`);
}

export function wrongOption(problem: string): Error {
  return kafkaError('KAFKA_OPTIONS', problem);
}
