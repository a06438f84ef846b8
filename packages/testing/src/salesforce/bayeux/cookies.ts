import type { HttpRequest } from '../http/exchange.ts';
import { randomText } from '../seeded-random.ts';

export function cookiesOf({ headers }: Pick<HttpRequest, 'headers'>): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (headers.cookie ?? '').split(/; */)) {
    const at = pair.indexOf('=');
    if (at > 0) cookies.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return cookies;
}

/** What a handshake sets besides the routing cookie: the forms that are seen, an odd one included. */
export function handshakeCookies(browser: string, random: () => number): readonly string[] {
  return [
    `BrowserId=${randomText(random, 22)}; Path=/; Max-Age=31536000`,
    `t=${randomText(random, 16)}; Path=/cometd/`,
    `BAYEUX_BROWSER=${browser}; Path=/; HttpOnly`,
    // Quoted and without a path: strict parsers drop it (CAMEL-20388), others put it under the wrong path.
    `sfproxy-id="${randomText(random, 12)}"`,
  ];
}
