import type { ResolvedEvent } from '../store/recorded-event.ts';
import { linkType, receivedOf } from '../store/recorded-event.ts';

/** The stream that the event was written to: of a link, whether it was followed or not, the one it points into. */
export function sourceStreamOf(resolved: ResolvedEvent): string {
  const record = receivedOf(resolved);
  if (record.type !== linkType) return record.stream;
  const target = Buffer.from(record.data).toString();
  return target.slice(target.indexOf('@') + 1);
}

/** What the metadata has as `$correlationId`. */
export function correlationOf({ event }: ResolvedEvent): string | undefined {
  if (!event || event.metadata.length === 0) return undefined;
  try {
    const metadata: unknown = JSON.parse(Buffer.from(event.metadata).toString());
    if (typeof metadata !== 'object' || metadata === null || !('$correlationId' in metadata))
      return undefined;
    const { $correlationId: id } = metadata;
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}
