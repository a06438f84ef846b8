import { fork } from 'node:child_process';
import { onTestFinished, vi } from 'vitest';
import type { ClientArguments, Command, Seen } from './protocol.ts';

/** A client of somebody else's in a process of its own. */
export interface ThirdPartyClient {
  command(command: Command): void;
  /** All that it told, in that order. */
  readonly seen: readonly Seen[];
  /** What it told of one kind. */
  saw<Kind extends Seen['saw']>(kind: Kind): Extract<Seen, { readonly saw: Kind }>[];
  /** Its process is over. */
  readonly ended: boolean;
  /** The replay ids of the events it got, in their order. */
  readonly replayIds: readonly (number | undefined)[];
  /** Waits until what it told is as it should be, and answers it. */
  until<T>(condition: () => T | undefined | false): Promise<T>;
}

const nodeOptions = [
  '--disable-warning=ExperimentalWarning',
  ...(process.features.typescript ? [] : ['--experimental-strip-types']),
];

export async function startClient(
  library: 'cometd' | 'faye' | 'jsforce',
  clientArguments: ClientArguments,
): Promise<ThirdPartyClient> {
  const file = new URL(`../children/${library}.ts`, import.meta.url).pathname;
  const child = fork(file, [JSON.stringify(clientArguments)], { execArgv: nodeOptions, silent: true });
  onTestFinished(() => void child.kill('SIGKILL'));
  const seen: Seen[] = [];
  let errors = '';
  let ended = false;
  child.on('message', (message: Seen) => seen.push(message));
  child.stderr?.on('data', (text: Buffer) => (errors += text.toString()));
  child.once('close', () => (ended = true));

  const client: ThirdPartyClient = {
    command: (command) => void child.send(command),
    seen,
    saw: (kind) =>
      seen.filter((each): each is Extract<Seen, { readonly saw: typeof kind }> => each.saw === kind),
    get ended() {
      return ended;
    },
    get replayIds() {
      return client.saw('event').map(({ data }) => data?.event?.replayId);
    },
    async until(condition) {
      const failure = () =>
        new Error(`${library} told only: ${JSON.stringify(seen).slice(0, 5_000)} ${errors}`);
      const found = await vi.waitFor(
        () => {
          const value = condition();
          if (value !== undefined && value !== false) return { value };
          if (ended) return undefined;
          throw failure();
        },
        { timeout: 20_000, interval: 10 },
      );
      if (found) return found.value;
      throw failure();
    },
  };
  await client.until(() => client.saw('ready').length > 0);
  return client;
}
