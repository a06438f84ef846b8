import type { ProducerConfig } from 'kafkajs';
import { Kafka, logLevel, Partitioners } from 'kafkajs';

/** One way of publishing orders by their numbers to one topic. */
export interface Sender {
  /** Resolves when all replicas have the order. */
  send(number: number): Promise<void>;
  /** Several in one call, which keep their order. */
  sendMany(numbers: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

export type StartSending = (work: {
  readonly brokers: readonly string[];
  readonly topic: string;
}) => Promise<Sender>;

/** What Millrace's publisher asks for by default: all replicas, and no event twice after an answer that got lost. */
export const producerOptions: ProducerConfig = {
  idempotent: true,
  maxInFlightRequests: 1,
  createPartitioner: Partitioners.DefaultPartitioner,
};

export function connect(brokers: readonly string[]): Kafka {
  return new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
}
