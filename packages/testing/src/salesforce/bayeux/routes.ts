import type { Org } from '../org.ts';
import { randomText } from '../seeded-random.ts';

/** Where the load balancer sends a request. */
export interface Route {
  readonly server: number;
  /** The new routing cookie, when the request came without one that holds. */
  readonly cookie?: string;
}

export interface Routes {
  of(cookie: string | undefined): Route;
  /** As if the time of all routing cookies had run out. */
  expireAll(): void;
}

/**
 * A load balancer with sticky sessions: a cookie names the app server. When it runs out, the next request goes to another
 * server, which knows nothing of the session (EMP-Connector issue 4).
 */
export function createRoutes({ clock, random, settings }: Org): Routes {
  const { appServers, routeLife } = settings;
  const known = new Map<string, { readonly server: number; readonly until: number }>();
  let next = Math.floor(random() * appServers);

  return {
    of(cookie) {
      const route = known.get(cookie ?? '');
      if (route && route.until > clock.monotonic()) return route;
      if (route) known.delete(cookie ?? '');
      const previous = route?.server;
      next = (next + 1) % appServers;
      if (next === previous) next = (next + 1) % appServers;
      const value = `!${randomText(random, 40)}=`;
      known.set(value, { server: next, until: clock.monotonic() + routeLife });
      return { server: next, cookie: routingCookie(value, routeLife) };
    },
    expireAll() {
      for (const [cookie, { server }] of known) known.set(cookie, { server, until: -Infinity });
    },
  };
}

function routingCookie(value: string, life: number): string {
  // A jar compares with the time of its machine, whatever the clock of this org shows.
  const expires = new Date(Date.now() + life).toUTCString();
  return `sfdc-stream=${value}; Path=/; Expires=${expires}`;
}
