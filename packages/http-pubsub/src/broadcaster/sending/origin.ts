/** What of a subscriber's URL may stand in a log: its path can be a secret. */
export function originOf(url: string): string {
  return URL.parse(url)?.origin ?? 'none';
}
