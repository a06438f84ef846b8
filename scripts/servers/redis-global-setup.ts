import type { TestProject } from 'vitest/node';
import { startRedis } from './redis.ts';
import { findRedis } from './redis-binary.ts';

export interface ProvidedRedis {
  /** Independent servers, empty at the start of the run and shared by its suites. */
  readonly servers: readonly { readonly host: string; readonly port: number; readonly pid: number }[];
  /** Why there are none. */
  readonly missing: string | undefined;
}

declare module 'vitest' {
  interface ProvidedContext {
    redis: ProvidedRedis;
  }
}

/** Enough for a quorum that survives two failures. */
const count = 5;

/** For vitest's `globalSetup`: gives suites `inject('redis')`. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const binary = await findRedis();
  if ('missing' in binary) {
    project.provide('redis', { servers: [], missing: binary.missing });
    return undefined;
  }
  const { servers, stop } = await startRedis({ count });
  project.provide('redis', {
    servers: servers.map(({ host, port, pid }) => ({ host, port, pid })),
    missing: undefined,
  });
  return stop;
}
