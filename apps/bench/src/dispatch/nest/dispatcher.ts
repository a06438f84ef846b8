import type { KafkaMessage } from '../feed.ts';

/** A Nest microservice. Declared apart from its code, which is compiled with another option. */
export interface NestMicroservice {
  /** Sends one decoded event through Nest to the controller; resolves when its handler has ended. */
  dispatch(pattern: string, data: unknown, message: unknown): Promise<void>;
  close(): Promise<void>;
}

export interface NestKafkaMicroservice {
  /** Hands one message to Nest's Kafka transport, as its client does. */
  eachMessage(topic: string, message: KafkaMessage): Promise<void>;
  close(): Promise<void>;
}

type Handled = (number: number) => void;

/** What `microservice.ts` exports. */
export interface NestMicroservices {
  createMicroservice(form: 'documented' | 'bare', handled: Handled): Promise<NestMicroservice>;
  createKafkaMicroservice(handled: Handled): Promise<NestKafkaMicroservice>;
}
