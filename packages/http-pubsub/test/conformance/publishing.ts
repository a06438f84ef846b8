import type { AdapterDestination } from '@millrace/testing';
import type { Publisher } from '../../src/index.ts';

/** Publishes what the suite wants, under a topic of the destination's: `<topic>/<type>`. */
export interface Publishing {
  under(topic: string): AdapterDestination['publish'];
  /** The next ones are published twice. */
  duplicate(times?: number): void;
}

export function createPublishing(publisher: Pick<Publisher, 'notify'>): Publishing {
  let duplicates = 0;

  function takeTurns(): number {
    if (duplicates === 0) return 1;
    duplicates -= 1;
    return 2;
  }

  return {
    under: (topic) => async (events) => {
      const sent = events.flatMap((event) => Array.from({ length: takeTurns() }, () => event));
      await Promise.all(
        sent.map(({ type, data = null, id, key, headers }) =>
          publisher.notify(
            `${topic}/${type}`,
            { json: data },
            {
              ...(id !== undefined && { id }),
              ...(key !== undefined && { key }),
              ...(headers && { headers }),
            },
          ),
        ),
      );
    },
    duplicate: (times = 1) => void (duplicates += times),
  };
}

/** The type of an event that was published so. */
export function typeUnder(topic: string): (bytes: Uint8Array) => string {
  return (bytes) =>
    Buffer.from(bytes)
      .toString()
      .slice(topic.length + 1);
}
