import type { SourceSettings } from '@millrace/core';
import type { ResourceArn } from './arn.ts';
import { parseTopicArn } from './arn.ts';
import type { ConnectionOptions } from './clients.ts';
import type { DecodeOptions, DecodeSettings } from './decode/options.ts';
import { sqsError } from './errors.ts';
import type { QueueReference } from './queue.ts';
import { parseQueue, regionOf } from './queue.ts';

export interface SqsOptions
  extends Omit<SourceSettings, 'start' | 'onInvalidPosition'>, ConnectionOptions, DecodeOptions {
  /** Name or ARN of the queue. Either this or `queueUrl`. */
  readonly queue?: string;
  /** URL of the queue. Saves the lookup of its name. */
  readonly queueUrl?: string;
  /** The topic (or topics) whose events arrive in the queue. With it, `verify` looks at the subscription and the policies too. */
  readonly topicArn?: string | readonly string[];
  /**
   * Milliseconds that a received message stays with this consumer unless extended. Whole seconds, 1_000 to 43_200_000.
   * Sent with each receive, so the queue's own setting does not matter.
   * @default 30_000
   */
  readonly visibilityTimeout?: number;
  /**
   * Milliseconds that a poll waits at SQS for a message. Whole seconds, up to 20_000. 0 is short polling: it asks
   * once a second while the queue is empty, costs more calls, and can miss messages that the next poll finds.
   * @default 20_000
   */
  readonly waitTime?: number;
  /**
   * Polls under way at the same time when there is a backlog; one when idle.
   * @default a tenth of `concurrency + prefetch`, rounded up
   */
  readonly maxPolls?: number;
  /**
   * Milliseconds beyond `waitTime` after which an unanswered poll counts as lost and is made again.
   * @default 10_000
   */
  readonly readTimeout?: number;
  /**
   * Milliseconds that polls under way get to return when the source stops. A message that arrives in a poll aborted
   * after that comes again when its visibility timeout is over.
   * @default 1_000
   */
  readonly drainPoll?: number;
  /**
   * Milliseconds of failures that only a change outside can end (no such queue, access denied, credentials) after
   * which the source fails instead of trying on. 0: at once.
   * @default 300_000
   */
  readonly giveUpAfter?: number;
}

/** Options checked, with the defaults filled in. */
export interface SqsSettings {
  readonly queue: QueueReference;
  readonly topics: readonly ResourceArn[];
  readonly region: string | undefined;
  readonly connection: ConnectionOptions;
  readonly decode: DecodeSettings;
  readonly visibilityTimeout: number;
  readonly waitTime: number;
  readonly maxPolls: number;
  /** A poll waits for so many free places, for a while. */
  readonly worthAPoll: number;
  readonly readTimeout: number;
  readonly drainPoll: number;
  readonly giveUpAfter: number;
}

/** SQS allows a message to stay with a consumer for 12 h, counted from its receive. */
export const maxVisibility = 43_200_000;
/** A receive brings at most so many messages, a batch takes at most so many entries. */
export const batchSize = 10;

const formats = ['json', 'text', 'base64'];
const envelopes = ['auto', 'sns', 'raw'];

export function checkOptions(options: SqsOptions): SqsSettings {
  const queue = parseQueue(options);
  const topics = [options.topicArn ?? []].flat().map(parseTopicArn);
  return {
    queue,
    topics,
    region: regionOf(queue, topics, options),
    connection: options,
    decode: {
      eventAttribute: attributeName('eventAttribute', options.eventAttribute ?? 'event'),
      idAttribute: attributeName('idAttribute', options.idAttribute ?? 'event-id'),
      eventFrom: options.eventFrom,
      format: oneOf('format', formats, options.format ?? 'json'),
      envelope: oneOf('envelope', envelopes, options.envelope ?? 'auto'),
    },
    visibilityTimeout: seconds('visibilityTimeout', options.visibilityTimeout ?? 30_000, maxVisibility),
    waitTime: options.waitTime === 0 ? 0 : seconds('waitTime', options.waitTime ?? 20_000, 20_000),
    maxPolls: whole('maxPolls', options.maxPolls ?? pollsFor(options), 1),
    worthAPoll: worthAPoll(options),
    readTimeout: whole('readTimeout', options.readTimeout ?? 10_000, 1),
    drainPoll: whole('drainPoll', options.drainPoll ?? 1_000, 0),
    giveUpAfter: whole('giveUpAfter', options.giveUpAfter ?? 300_000, 0),
  };
}

function pollsFor({ concurrency = 16, prefetch = concurrency }: SqsOptions): number {
  // Core refuses nonsense in its own settings, in its own words: here it must only not be in the way.
  return Math.max(1, Math.ceil((concurrency + prefetch) / batchSize) || 1);
}

/** Half of what is prefetched, so that handlers have the other half to go on with. */
function worthAPoll({ concurrency = 16, prefetch = concurrency }: SqsOptions): number {
  return Math.min(batchSize, Math.max(1, Math.floor(prefetch / 2) || 1));
}

function seconds(name: string, value: number, max: number): number {
  if (value >= 1_000 && value <= max && value % 1_000 === 0) return value;
  throw sqsError(
    'SQS_OPTIONS',
    `\`${name}\` is ${value}. It is in milliseconds: whole seconds from 1000 to ${max}.`,
  );
}

function whole(name: string, value: number, min: number): number {
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw sqsError('SQS_OPTIONS', `\`${name}\` is ${value}. It must be a whole number, ${min} or more.`);
}

function oneOf<T extends string>(name: string, values: readonly string[], value: T): T {
  if (values.includes(value)) return value;
  throw sqsError('SQS_OPTIONS', `\`${name}\` is "${value}". It must be one of: ${values.join(', ')}.`);
}

function attributeName(name: string, value: string): string {
  if (/^[A-Za-z0-9_.-]{1,256}$/.test(value)) return value;
  throw sqsError(
    'SQS_OPTIONS',
    `\`${name}\` is not the name of a message attribute: 1 to 256 letters, digits, _, - and dots.`,
  );
}
