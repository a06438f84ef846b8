import type { RecordedEvent } from '../store/recorded-event.ts';

/** A message of generated code: what the server calls to send it. */
interface Serializable {
  serializeBinary(): Uint8Array;
}

/**
 * Serializes the message of a record once, for all who read it: a server that makes each one anew is slower than its
 * clients. Only for what a record alone decides.
 */
export function oncePerRecord<Message extends Serializable>(
  empty: () => Message,
  make: (record: RecordedEvent) => Message,
): (record: RecordedEvent) => Message {
  const made = new WeakMap<RecordedEvent, Message>();
  return (record) => {
    const known = made.get(record);
    if (known) return known;
    const bytes = make(record).serializeBinary();
    // The bytes alone: the message has many times their size.
    const message = empty();
    message.serializeBinary = () => bytes;
    made.set(record, message);
    return message;
  };
}
