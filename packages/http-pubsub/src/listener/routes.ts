import { httpPubsubError } from '../errors.ts';
import type { Route } from './route.ts';

/** What a method and a path stand for. `allow`: the methods that the path has. */
export type Match = { readonly route: Route } | { readonly allow: readonly string[] };

/** The routes of all that share a listener. */
export interface Routes {
  /** Throws PUBSUB_OPTIONS when one of them is taken. */
  attach(routes: readonly Route[]): () => void;
  /** Undefined: nothing is there. */
  find(method: string, url: string): Match | undefined;
}

export function createRoutes(): Routes {
  const paths = new Map<string, Map<string, Route>>();

  function add(route: Route): void {
    const { method, path } = route;
    const methods = paths.get(path) ?? new Map<string, Route>();
    if (methods.has(method)) {
      throw httpPubsubError(
        'PUBSUB_OPTIONS',
        `${method} ${path} is taken on this listener: give one of the two another path.`,
      );
    }
    paths.set(path, methods.set(method, route));
  }

  function remove({ method, path }: Route): void {
    const methods = paths.get(path);
    methods?.delete(method);
    if (methods?.size === 0) paths.delete(path);
  }

  return {
    attach(routes) {
      const added: Route[] = [];
      const detach = () => {
        for (const route of added.splice(0)) remove(route);
      };
      try {
        for (const route of routes) {
          add(route);
          added.push(route);
        }
      } catch (error) {
        detach();
        throw error;
      }
      return detach;
    },
    find(method, url) {
      const methods = paths.get(pathOf(url));
      if (methods === undefined) return undefined;
      const route = methods.get(method);
      return route ? { route } : { allow: [...methods.keys()] };
    },
  };
}

export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
