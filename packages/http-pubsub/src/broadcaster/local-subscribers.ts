import type { PublishedMessage } from './ports/message.ts';

/** A message that is handed on inside of the process. */
export type LocalMessage = Pick<PublishedMessage, 'topic' | 'digest' | 'tracing' | 'body'>;

/** Subscribers that are connected to this process, such as those with a WebSocket. */
export interface LocalSubscribers {
  /** Whether there is one for a topic. */
  wants(topic: Uint8Array): boolean;
  /**
   * Hands a message on, and answers how many took it. The body is there until this resolves; who sends it later keeps a
   * copy. A slow one must not keep it waiting: what is handed on does not count as a reply to the publisher.
   */
  receive(message: LocalMessage): Promise<number>;
  /** Something of a topic was missed. */
  missed(topic: Uint8Array): void;
}

/** All that are attached, as one. */
export interface AttachedSubscribers extends LocalSubscribers {
  /** The returned function detaches them. */
  attach(subscribers: LocalSubscribers): () => void;
}

export function createAttachedSubscribers(failed: (error: unknown) => void): AttachedSubscribers {
  const attached = new Set<LocalSubscribers>();
  return {
    attach(subscribers) {
      attached.add(subscribers);
      return () => attached.delete(subscribers);
    },
    wants: (topic) => [...attached].some((each) => each.wants(topic)),
    async receive(message) {
      const reached = await Promise.all(
        [...attached].map(async (each) => {
          try {
            return each.wants(message.topic) ? await each.receive(message) : 0;
          } catch (error) {
            failed(error);
            return 0;
          }
        }),
      );
      return reached.reduce((sum, count) => sum + count, 0);
    },
    missed(topic) {
      for (const each of attached) {
        try {
          each.missed(topic);
        } catch (error) {
          failed(error);
        }
      }
    },
  };
}
