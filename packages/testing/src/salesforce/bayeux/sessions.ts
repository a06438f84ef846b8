import type { Org } from '../org.ts';
import { randomText } from '../seeded-random.ts';
import type { Session } from './session.ts';
import { createSession } from './session.ts';

/** The shape of a server-sent `/meta/disconnect`: both are seen. */
export interface Kick {
  readonly successful?: boolean;
}

export interface Sessions {
  readonly alive: number;
  readonly mostAlive: number;
  readonly polls: number;
  readonly all: Iterable<Session>;
  open(browser: string, server: number): Session;
  find(id: string): Session | undefined;
  end(session: Session): void;
  /** Disconnects by the server: the client hears of it with the poll that hangs, or with its next one. */
  kick(session: Session, kick: Kick): void;
  kickOf(session: Session): Kick | undefined;
  /** Whether a session was disconnected by the server and the client was told. */
  wasKicked(id: string): boolean;
}

export function createSessions({ clock, random, settings }: Org): Sessions {
  const byId = new Map<string, Session>();
  const kicks = new Map<string, Kick>();
  const kicked = new Set<string>();
  let mostAlive = 0;

  function end(session: Session): void {
    byId.delete(session.id);
    if (kicks.delete(session.id)) kicked.add(session.id);
    session.end();
  }

  return {
    get alive() {
      return byId.size;
    },
    get mostAlive() {
      return mostAlive;
    },
    get polls() {
      let polls = 0;
      for (const { polling } of byId.values()) if (polling) polls += 1;
      return polls;
    },
    get all() {
      return [...byId.values()];
    },
    open(browser, server) {
      const { expiry } = settings;
      const id = randomText(random, 28).toLowerCase();
      const session = createSession({ id, browser, server, clock, expiry, onExpired: () => end(session) });
      byId.set(id, session);
      mostAlive = Math.max(mostAlive, byId.size);
      return session;
    },
    find: (id) => byId.get(id),
    end,
    kick(session, kick) {
      kicks.set(session.id, kick);
      session.wake();
    },
    kickOf: ({ id }) => kicks.get(id),
    wasKicked: (id) => kicked.has(id),
  };
}
