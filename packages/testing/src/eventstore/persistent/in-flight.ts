import type { GroupMessage } from './message.ts';

/** The messages that are with consumers, by their id. */
export interface InFlight {
  readonly size: number;
  has(id: string): boolean;
  get(id: string): GroupMessage | undefined;
  /** `expires` in milliseconds of the monotonic clock. */
  start(message: GroupMessage, expires: number): void;
  remove(id: string): void;
  /** In the order in which they were sent. */
  expired(now: number): GroupMessage[];
  all(): GroupMessage[];
}

export function createInFlight(): InFlight {
  const running = new Map<string, { readonly message: GroupMessage; readonly expires: number }>();
  return {
    get size() {
      return running.size;
    },
    has: (id) => running.has(id),
    get: (id) => running.get(id)?.message,
    start: (message, expires) => void running.set(message.id, { message, expires }),
    remove: (id) => void running.delete(id),
    expired: (now) =>
      [...running.values()].filter(({ expires }) => expires <= now).map(({ message }) => message),
    all: () => [...running.values()].map(({ message }) => message),
  };
}
