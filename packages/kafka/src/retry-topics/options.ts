import { optionText, topicName, wrongOption } from '../check-options.ts';
import type { KafkaPublisher } from '../publisher/publisher.ts';

export interface RetryTopicsOptions {
  readonly publisher: KafkaPublisher;
  /**
   * What the names of the topics begin with, such as the consumer's name. They are not made: each needs as many partitions as
   * consumers are to share it.
   */
  readonly name?: string;
  /**
   * A topic for each try, with the milliseconds that its events wait. Numbers alone are topics `<name>-retry-1`, `<name>-retry-2`, …
   * @default [10_000, 60_000, 600_000]
   */
  readonly delays?: readonly (number | { readonly topic: string; readonly delay: number })[];
  /**
   * Runs of a handler in place, with the consumer's retry policy, before its event goes to the first topic.
   * @default 1
   */
  readonly inPlace?: number;
  /**
   * Which errors are worth a later try. Others are for the consumer's retry policy.
   * @default all of them
   */
  readonly retryable?: (error: unknown) => boolean;
}

/** A topic whose events wait, all for the same time. */
export interface RetryStage {
  readonly topic: string;
  /** Milliseconds. */
  readonly delay: number;
}

export interface RetrySettings {
  readonly publisher: KafkaPublisher;
  readonly stages: readonly RetryStage[];
  readonly inPlace: number;
  readonly retryable: (error: unknown) => boolean;
}

/** Throws KAFKA_OPTIONS. */
export function checkRetryTopics(options: RetryTopicsOptions): RetrySettings {
  const {
    publisher,
    name,
    delays = [10_000, 60_000, 600_000],
    inPlace = 1,
    retryable = () => true,
  } = options;
  if (typeof publisher?.publish !== 'function') throw wrongOption('`publisher` must be a kafkaPublisher.');
  if (!Array.isArray(delays) || delays.length === 0)
    throw wrongOption('`delays` must be a list, and not empty.');
  if (!Number.isSafeInteger(inPlace) || inPlace < 1)
    throw wrongOption('`inPlace` must be a whole number from 1.');
  const stages = delays.map((stage: number | RetryStage, index): RetryStage => {
    const { topic, delay } =
      typeof stage === 'number'
        ? { topic: `${optionText('name', name)}-retry-${index + 1}`, delay: stage }
        : stage;
    if (typeof delay !== 'number' || !(delay >= 0 && delay < 2 ** 31)) {
      throw wrongOption('`delays` must be numbers of milliseconds.');
    }
    return { topic: topicName('delays', topic), delay };
  });
  if (new Set(stages.map(({ topic }) => topic)).size < stages.length) {
    throw wrongOption('`delays`: each needs a topic of its own, since its events wait one behind the other.');
  }
  return { publisher, stages, inPlace, retryable };
}
