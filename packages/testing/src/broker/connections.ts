/** One consumer's connection: told when to look again, and when it is broken. */
export interface Connection {
  /** Resolves when something may have changed. Throws what broke the connection. */
  change(): Promise<void>;
  close(): void;
}

export interface Connections {
  connect(signal: AbortSignal): Connection;
  wakeAll(): void;
  breakAll(error: Error): void;
  readonly count: number;
}

export function createConnections(): Connections {
  interface Open {
    wake: () => void;
    broken: Error | undefined;
  }
  const open = new Set<Open>();

  return {
    connect(signal) {
      const connection: Open = { wake() {}, broken: undefined };
      open.add(connection);
      const wake = () => connection.wake();
      signal.addEventListener('abort', wake, { once: true });
      return {
        async change() {
          if (!connection.broken && !signal.aborted) {
            await new Promise<void>((resolve) => {
              connection.wake = resolve;
            });
          }
          if (connection.broken) throw connection.broken;
        },
        close() {
          open.delete(connection);
          signal.removeEventListener('abort', wake);
          connection.wake();
        },
      };
    },
    wakeAll() {
      for (const { wake } of open) wake();
    },
    breakAll(error) {
      for (const connection of open) {
        connection.broken = error;
        connection.wake();
      }
      open.clear();
    },
    get count() {
      return open.size;
    },
  };
}
