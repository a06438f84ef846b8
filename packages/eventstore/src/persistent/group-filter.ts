import type { ServerFilter } from '../client.ts';
import type { Feed } from '../options.ts';

/** What the server leaves out of a group of `$all`; a group keeps the filter that it was made with. */
export function groupFilter({
  filter: given,
  systemEvents,
}: Extract<Feed, { readonly kind: 'all' }>): ServerFilter | undefined {
  // The server takes one filter: with one of the user's, events of the system are left out here.
  const filter = given ?? (systemEvents ? undefined : { types: { regex: '^[^$].*' } });
  if (filter === undefined) return undefined;
  const { checkpointInterval = 16, maxSearchWindow } = filter;
  const expression = filter.streams ?? filter.types;
  return {
    filterOn: filter.streams ? 'streamName' : 'eventType',
    checkpointInterval,
    ...(maxSearchWindow !== undefined && { maxSearchWindow }),
    ...('regex' in expression ? expression : { prefixes: [...expression.prefixes] }),
  };
}
