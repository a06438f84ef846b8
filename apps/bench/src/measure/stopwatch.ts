export interface Measurement {
  /** Wall time in seconds. */
  readonly seconds: number;
  /** CPU time of the whole process that does the work, garbage collector and compiler threads included, in microseconds. */
  readonly cpu: number;
}

export interface Stopwatch {
  /** The first call counts. */
  start(): void;
  stop(): void;
  /** What another process has measured instead. */
  take(measurement: Measurement): void;
  readonly measured: Measurement;
}

export function createStopwatch(): Stopwatch {
  let started: { readonly at: number; readonly cpu: NodeJS.CpuUsage } | undefined;
  let measured: Measurement | undefined;
  return {
    start() {
      started ??= { at: performance.now(), cpu: process.cpuUsage() };
    },
    stop() {
      if (started === undefined) throw new Error('The stopwatch was stopped before it was started.');
      const { user, system } = process.cpuUsage(started.cpu);
      measured = { seconds: (performance.now() - started.at) / 1_000, cpu: user + system };
    },
    take(measurement) {
      measured = measurement;
    },
    get measured() {
      if (measured === undefined) throw new Error('The stopwatch was not stopped.');
      return measured;
    },
  };
}
