import type { KafkajsMessage } from './kafkajs-like.ts';
import type { KafkaRecord } from './port.ts';

/** A class that looks up what is asked for: many wait at a time, and what each takes is copied by the garbage collector. */
class KafkajsRecord implements KafkaRecord {
  readonly native: KafkajsMessage;
  readonly size: number;

  constructor(message: KafkajsMessage) {
    const { key, value } = message;
    this.native = message;
    this.size = (key === null ? 0 : key.length) + (value === null ? 0 : value.length);
  }

  get offset(): string {
    return this.native.offset;
  }

  get key(): Buffer | null {
    return this.native.key;
  }

  get value(): Buffer | null {
    return this.native.value;
  }

  get timestamp(): number {
    return Number(this.native.timestamp);
  }

  get headers(): KafkaRecord['headers'] {
    return this.native.headers;
  }
}

export function toKafkajsRecord(message: KafkajsMessage): KafkaRecord {
  return new KafkajsRecord(message);
}
