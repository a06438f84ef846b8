/** Where a session stands with its server. */
export type StateName =
  | 'idle'
  /** A token is being had. */
  | 'authenticating'
  | 'handshaking'
  | 'subscribing'
  /** The server has answered a connect. */
  | 'connected'
  /** A connect is at the server, which holds it until there are events. */
  | 'polling'
  | 'backing-off'
  /** Going on is of no use. */
  | 'failed'
  | 'stopped';

const ends: readonly StateName[] = ['failed', 'stopped'];

/** What may follow. Every way to `polling` goes through a connect that the server has answered. */
const transitions: Readonly<Record<StateName, readonly StateName[]>> = {
  idle: ['authenticating', ...ends],
  authenticating: ['handshaking', 'authenticating', 'backing-off', ...ends],
  handshaking: ['subscribing', 'authenticating', 'backing-off', ...ends],
  subscribing: ['connected', 'authenticating', 'backing-off', ...ends],
  connected: ['polling', 'authenticating', 'backing-off', ...ends],
  polling: ['connected', 'polling', 'authenticating', 'backing-off', ...ends],
  'backing-off': ['authenticating', ...ends],
  failed: ['stopped'],
  stopped: [],
};

export interface StateMachine {
  readonly current: StateName;
  /** Throws a TypeError when that can't follow: a mistake in this package. */
  enter(next: StateName): void;
}

export function createStateMachine(): StateMachine {
  let current: StateName = 'idle';
  return {
    get current() {
      return current;
    },
    enter(next) {
      if (!transitions[current].includes(next)) {
        throw new TypeError(`A session that is ${current} can not become ${next}.`);
      }
      current = next;
    },
  };
}
