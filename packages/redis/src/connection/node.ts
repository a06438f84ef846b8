import type { Clock } from '@millrace/core';
import { nodeError } from '../errors.ts';
import type { Client } from './client.ts';
import { isCluster, nameOf } from './client.ts';
import type { Script } from './script.ts';

type Argument = string | number;

export type Row = readonly (string | number | null)[];

/** What a node says; an error when it does not say anything. */
export type Answer = Row | Error;

/** About each of the keys alone. */
export interface Question {
  /** Answers a row for each key. */
  readonly script: Script;
  readonly keys: readonly string[];
  /** The first ARGV. */
  readonly shared?: readonly Argument[];
  /** The ARGV after them, a list for each key. */
  readonly each?: readonly (readonly Argument[])[];
}

/** About keys that belong together, and lie in one slot of a cluster. */
export interface Task {
  /** Answers one row. */
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: readonly Argument[];
}

/** One Redis, or one Redis Cluster. */
export interface Node {
  readonly name: string;
  readonly client: Client;
  /** Resolves when the first try to connect has an end, good or bad. */
  readonly connected: Promise<void>;
  /** One answer for each key, in their order. Never rejects, and settles within the timeout. */
  ask(question: Question): Promise<readonly Answer[]>;
  /** Never rejects, and settles within the timeout. */
  run(task: Task): Promise<Answer>;
  close(): void;
}

export function openNode(client: Client, connectTimeout: number, clock: Clock): Node {
  const name = nameOf(client);
  let connectionError: unknown;
  client.on('error', (error: unknown) => {
    connectionError = error;
  });
  client.on('ready', () => {
    connectionError = undefined;
  });

  const loaded = new Set<string>();
  client.on('close', () => loaded.clear());

  /**
   * Calls reach a server in the order in which they were made. Therefore a script goes in full until the server has it:
   * one that was refused, and sent once more in full, would be overtaken by later calls.
   */
  async function evaluate(
    { lua, digest }: Script,
    keys: readonly string[],
    args: readonly Argument[],
  ): Promise<unknown> {
    if (loaded.has(digest)) {
      try {
        return await client.evalsha(digest, keys.length, ...keys, ...args);
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
        loaded.delete(digest);
      }
    }
    const reply = await client.eval(lua, keys.length, ...keys, ...args);
    loaded.add(digest);
    return reply;
  }

  const connected = firstContact(client, connectTimeout, clock);
  let waiting: Promise<void> | undefined = connected;
  void connected.then(() => (waiting = undefined));

  async function call({ script, keys, args }: Task): Promise<Row | Error> {
    if (waiting) await waiting;
    try {
      const reply = await evaluate(script, keys, args);
      if (Array.isArray(reply)) return reply as Row;
      throw new Error('the answer has an unknown form');
    } catch (error) {
      return nodeError(name, client.status === 'ready' ? error : (connectionError ?? error));
    }
  }

  async function askTogether({ script, keys, shared = [], each = [] }: Question): Promise<readonly Answer[]> {
    const rows: unknown = await call({ script, keys, args: [...shared, ...each.flat()] });
    return rows instanceof Error ? keys.map(() => rows) : (rows as readonly Row[]);
  }

  /** Keys of a cluster lie on many servers; each is asked for alone, so that one server takes only its own down. */
  async function askApart({ keys, each = [], ...question }: Question): Promise<readonly Answer[]> {
    const answers = await Promise.all(
      keys.map((key, index) => askTogether({ ...question, keys: [key], each: each.slice(index, index + 1) })),
    );
    return answers.flat(1) as readonly Answer[];
  }

  return {
    name,
    client,
    connected,
    ask: isCluster(client) ? askApart : askTogether,
    run: call,
    close: () => client.disconnect(),
  };
}

async function firstContact(client: Client, connectTimeout: number, clock: Clock): Promise<void> {
  // A cluster's first tries may end early, as long as its servers have not agreed on who has which slots.
  await firstOf(
    client,
    isCluster(client) ? ['ready', 'end'] : ['ready', 'close', 'end'],
    connectTimeout,
    clock,
  );
  if (!isCluster(client)) return;
  // It connects to a server with the first command, and refuses the others until that is done.
  await Promise.all(client.nodes('master').map((master) => master.ping().catch(() => undefined)));
}

function firstOf(client: Client, events: readonly string[], timeout: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.setTimeout(resolve, timeout);
    for (const event of events) {
      client.once(event, () => {
        cancel();
        resolve();
      });
    }
  });
}
