import type { EventStore } from './store/event-store.ts';
import type { RecordedEvent } from './store/recorded-event.ts';
import { linkType } from './store/recorded-event.ts';
import { linkTo, proposedFrom } from './new-event.ts';

/**
 * Writes a link to each event into the stream of its category (`$ce-` and what stands before the first dash of the
 * stream's name) and of its type (`$et-`), as the system projections do; at once, where a server takes its time.
 */
export function startProjections(store: EventStore): () => void {
  function link(to: string, { stream, revision }: RecordedEvent): void {
    store.append(to, [proposedFrom(linkTo(stream, revision))]);
  }

  return store.onWrite((events) => {
    for (const event of events) {
      if (event.type === linkType || event.stream.startsWith('$')) continue;
      const dash = event.stream.indexOf('-');
      if (dash > 0) link(`$ce-${event.stream.slice(0, dash)}`, event);
      link(`$et-${event.type}`, event);
    }
  });
}
