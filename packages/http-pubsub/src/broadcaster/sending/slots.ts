export interface SlotLimits {
  /** To one host at the same time. */
  readonly perHost: number;
  readonly all: number;
}

/** To a host that did not answer in time, until it answers again: what hangs must not take the slots of others. */
const perSlowHost = 2;
/** Hosts that are remembered as slow. */
const mostHosts = 10_000;

/** Who may send now. Whoever waits for a host that is busy keeps nobody waiting who wants another one. */
export interface Slots {
  /** Runs the work when there is a slot. Undefined: there was none before `signal` aborted, and nothing was begun. */
  run<T>(host: string, work: () => Promise<T>, signal: AbortSignal): Promise<T | undefined>;
  /** What the last exchange with a host says of it. */
  report(host: string, answered: boolean): void;
  readonly running: number;
  readonly waiting: number;
}

interface Host {
  running: number;
  slow: boolean;
  readonly queue: Set<() => void>;
}

export function createSlots({ perHost, all }: SlotLimits): Slots {
  /** In the order in which their turn comes. */
  const hosts = new Map<string, Host>();
  let running = 0;
  let waiting = 0;

  function hostOf(name: string): Host {
    const host = hosts.get(name) ?? { running: 0, slow: false, queue: new Set() };
    hosts.set(name, host);
    return host;
  }

  function forgetIdle(name: string, host: Host): void {
    if (host.running > 0 || host.queue.size > 0) return;
    if (!host.slow || hosts.size > mostHosts) hosts.delete(name);
  }

  const hasRoom = (host: Host) =>
    running < all && host.running < (host.slow ? Math.min(perSlowHost, perHost) : perHost);

  /** Lets in who can be: one of each host in turn, so that a long queue of one is no wall. */
  function next(): void {
    for (let began = true; began && running < all;) {
      began = false;
      for (const host of hosts.values()) {
        const [start] = host.queue;
        if (!start || !hasRoom(host)) continue;
        start();
        began = true;
      }
    }
  }

  /** False: given up. */
  function enter(name: string, signal: AbortSignal): Promise<boolean> {
    const host = hostOf(name);
    const take = () => {
      running += 1;
      host.running += 1;
    };
    if (signal.aborted) return Promise.resolve(false);
    if (host.queue.size === 0 && hasRoom(host)) {
      take();
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const leave = () => {
        host.queue.delete(start);
        waiting -= 1;
        signal.removeEventListener('abort', giveUp);
      };
      const start = () => {
        leave();
        take();
        resolve(true);
      };
      const giveUp = () => {
        leave();
        forgetIdle(name, host);
        resolve(false);
      };
      waiting += 1;
      host.queue.add(start);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  return {
    async run(name, work, signal) {
      if (!(await enter(name, signal))) return undefined;
      try {
        return await work();
      } finally {
        const host = hostOf(name);
        running -= 1;
        host.running -= 1;
        forgetIdle(name, host);
        next();
      }
    },
    report(name, answered) {
      const host = answered ? hosts.get(name) : hostOf(name);
      if (!host) return;
      host.slow = !answered;
      forgetIdle(name, host);
    },
    get running() {
      return running;
    },
    get waiting() {
      return waiting;
    },
  };
}
