import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export type Command =
  | { readonly do: 'subscribe' | 'earliest'; readonly topic: string; readonly count: number | null }
  | { readonly do: 'after'; readonly topic: string; readonly count: number | null; readonly replayId: number }
  | { readonly do: 'publish'; readonly topic: string; readonly fields: Readonly<Record<string, unknown>> };

/** What the client has called back with, and how the child got on. */
export interface Seen {
  readonly type: string;
  readonly data?: unknown;
}

export interface ThirdPartyClient {
  command(command: Command): void;
  /** What was seen of the type, so many at least. */
  saw(type: string, count?: number): Promise<readonly unknown[]>;
  stop(): Promise<void>;
}

/** The client salesforce-pubsub-api-client in a process of its own, connected and logged in. */
export async function thirdPartyClient(args: readonly string[]): Promise<ThirdPartyClient> {
  const child = fork(fileURLToPath(new URL('third-party-child.ts', import.meta.url)), [...args]);
  const exited = once(child, 'exit');
  const seen: Seen[] = [];
  child.on('message', (message) => seen.push(message as Seen));

  const client: ThirdPartyClient = {
    command: (command) => void child.send(command),
    async saw(type, count = 1) {
      for (;;) {
        const found = seen.filter((each) => each.type === type);
        if (found.length >= count) return found.map(({ data }) => data);
        if (child.exitCode !== null) throw new Error(`The client has ended with ${child.exitCode}.`);
        await pause(5);
      }
    },
    async stop() {
      // Its own way to close ends the process with an error that nobody caught.
      child.kill();
      await exited;
    },
  };
  await client.saw('connected');
  return client;
}
