import { readFile } from 'node:fs/promises';
import type { Secrets } from '@millrace/http-pubsub';
import { startLonelypss } from '../../../../packages/http-pubsub/test/python/lonelyps.ts';
import { startWorker } from '../process/worker.ts';

/** What the process of Millrace's broadcaster can be asked for. */
export interface BroadcasterCalls {
  /** Answers its URL. */
  start(secrets: Secrets): Promise<string>;
  /** That it has used so far, in microseconds. */
  cpu(): number;
  stop(): Promise<void>;
}

/** A broadcaster in a process of its own. */
export interface BenchBroadcaster {
  readonly url: string;
  /** That its process has used so far, in microseconds. */
  cpu(): Promise<number>;
  stop(): Promise<void>;
}

export async function startMillrace(secrets: Secrets): Promise<BenchBroadcaster> {
  const worker = startWorker<BroadcasterCalls>(new URL('broadcaster-process.ts', import.meta.url));
  return {
    url: await worker.ask('start', secrets),
    cpu: () => worker.ask('cpu'),
    async stop() {
      await worker.ask('stop');
      await worker.close();
    },
  };
}

export async function startStock(secrets: Secrets): Promise<BenchBroadcaster> {
  const { url, pid, stop } = await startLonelypss({ secrets });
  return { url, cpu: () => cpuOf(pid), stop };
}

/** Microseconds in one of the kernel's ticks, as Linux shows them to programs. */
const tick = 10_000;

/** Of another process: the 14th and 15th field of its `stat`, counted after the name, which may hold anything. */
async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tick;
}
