import type { Clock } from '@millrace/core';
import { Cookie, CookieJar } from 'tough-cookie';

/** Keeps a client's session with its server; two clients that share one upset each other's. */
export interface Cookies {
  /** All `Set-Cookie` fields of a reply. What is no cookie is left out. */
  store(fields: readonly string[], url: string): void;
  /** The `Cookie` field for a request, empty without any. */
  header(url: string): string;
}

export function createCookies(clock: Clock): Cookies {
  const jar = new CookieJar();

  return {
    store(fields, url) {
      const now = new Date(clock.now());
      for (const field of fields) {
        const cookie = Cookie.parse(field);
        if (cookie === undefined) continue;
        expireByTime(cookie, now);
        jar.setCookieSync(cookie, url, { now, ignoreError: true });
      }
    },
    header(url) {
      const now = clock.now();
      // The jar asks the system's time for expiry; we ask ours.
      const cookies = jar.getCookiesSync(url, { expire: false, sort: true });
      return cookies
        .filter((cookie) => (cookie.expiryTime() ?? Infinity) > now)
        .map((cookie) => cookie.cookieString())
        .join('; ');
    },
  };
}

/** The jar counts Max-Age from the last time the cookie was sent, and so would never see it expire in a polling client. */
function expireByTime(cookie: Cookie, now: Date): void {
  if (typeof cookie.maxAge !== 'number') return;
  cookie.expires = new Date(cookie.maxAge > 0 ? now.getTime() + cookie.maxAge * 1000 : 0);
  cookie.maxAge = null;
}
