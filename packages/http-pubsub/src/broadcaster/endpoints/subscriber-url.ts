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
