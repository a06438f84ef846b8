import type { GlobDialect, GlobMatcher } from '../../wire/glob/glob.ts';
import { compileGlob } from '../../wire/glob/glob.ts';
import type { Wanted } from '../../wire/stateless/requests.ts';

/** Who wants to hear of what. */
export interface Interests<Socket> {
  /** True: nobody wanted it before. */
  add(socket: Socket, wanted: Wanted): boolean;
  /** True: nobody wants it any more. */
  remove(socket: Socket, wanted: Wanted): boolean;
  /** Each once, however many of its wishes are met. */
  wanting(topic: Uint8Array): ReadonlySet<Socket>;
}

interface Glob<Socket> {
  readonly matches: GlobMatcher;
  readonly sockets: Set<Socket>;
}

export function createInterests<Socket>(dialect: GlobDialect): Interests<Socket> {
  const exact = new Map<string, Set<Socket>>();
  const globs = new Map<string, Glob<Socket>>();
  /** Who wants a topic is asked twice of each message. */
  let last: { readonly topic: string; readonly sockets: ReadonlySet<Socket> } | undefined;

  function socketsOf(wanted: Wanted): Set<Socket> {
    if (wanted.topic !== undefined) {
      const key = keyOf(wanted.topic);
      const sockets = exact.get(key) ?? new Set();
      exact.set(key, sockets);
      return sockets;
    }
    const { glob } = wanted;
    const there = globs.get(glob) ?? { matches: compileGlob(glob, dialect), sockets: new Set() };
    globs.set(glob, there);
    return there.sockets;
  }

  return {
    add(socket, wanted) {
      last = undefined;
      const sockets = socketsOf(wanted);
      sockets.add(socket);
      return sockets.size === 1;
    },
    remove(socket, wanted) {
      last = undefined;
      const sockets = socketsOf(wanted);
      const wasThere = sockets.delete(socket);
      if (sockets.size > 0) return false;
      if (wanted.topic !== undefined) exact.delete(keyOf(wanted.topic));
      else globs.delete(wanted.glob);
      return wasThere;
    },
    wanting(topic) {
      const key = keyOf(topic);
      if (last?.topic === key) return last.sockets;
      const sockets = new Set(exact.get(key));
      for (const glob of globs.values()) {
        if (glob.matches(topic)) for (const socket of glob.sockets) sockets.add(socket);
      }
      last = { topic: key, sockets };
      return sockets;
    },
  };
}

function keyOf(topic: Uint8Array): string {
  return Buffer.from(topic).toString('latin1');
}
