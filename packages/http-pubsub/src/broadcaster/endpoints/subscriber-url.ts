import type { BroadcasterClient } from '../access/clients.ts';
import type { EndpointParts } from './endpoint.ts';
import { Refusal } from './endpoint.ts';

/** A URL that can be posted to. Throws a Refusal. */
export function requireUrls(...urls: readonly (string | undefined)[]): void {
  for (const url of urls) {
    if (url === undefined) continue;
    const parsed = URL.parse(url);
    if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username !== '' || parsed.password !== '')
      throw new Refusal(400);
  }
}

/** Asks once, before a URL gets its first subscription. Throws a Refusal. */
export async function requireOwnership(
  { ownership, settings: { store } }: EndpointParts,
  url: string,
  client: BroadcasterClient | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (!ownership) return;
  const { exact, globs } = await store.subscriptions.list(url);
  if (exact.length > 0 || globs.length > 0) return;
  if (!(await ownership(url, { client: client?.name, signal }))) throw new Refusal(403);
}
