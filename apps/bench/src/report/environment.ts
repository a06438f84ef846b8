import { cpus, loadavg } from 'node:os';

export interface Environment {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  /** Load averages of the last 1, 5 and 15 minutes. What else runs on the machine makes every number worse. */
  readonly load: readonly number[];
}

export function environment(): Environment {
  const processors = cpus();
  return {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    load: loadavg().map((load) => Number(load.toFixed(2))),
  };
}
