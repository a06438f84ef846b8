import type { Incoming, Passed, Source } from '@millrace/core';
import type { Delivery } from './history.ts';

/** A source that tells of all that it gives to core, before it does. */
export function recorded(
  source: Source,
  member: string,
  tell: (deliveries: readonly Delivery[]) => void,
): Source {
  async function* told(received: AsyncIterable<readonly Incoming[] | Passed>) {
    for await (const batch of received) {
      if (isBatch(batch)) {
        const at = Date.now();
        tell(batch.map((incoming) => ({ member, place: placeOf(incoming), at })));
      }
      yield batch;
    }
  }

  return {
    ...source,
    async open(context) {
      const session = await source.open(context);
      return { ...session, receive: (demand) => told(session.receive(demand)) };
    },
  };
}

export function placeOf({
  channel,
  position,
}: {
  readonly channel?: string | undefined;
  readonly position?: string | undefined;
}): string {
  return `${channel}@${position}`;
}

function isBatch(received: readonly Incoming[] | Passed): received is readonly Incoming[] {
  return Array.isArray(received);
}
