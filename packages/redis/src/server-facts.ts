import type { Redis } from 'ioredis';
import { isCluster, nameOf } from './connection/client.ts';
import type { Node } from './connection/node.ts';
import { nodeError } from './errors.ts';

/** What a server tells of its own setup. */
export interface ServerFacts {
  readonly server: string;
  /** Why nothing is known. */
  readonly failure: string | undefined;
  /** Of the server's process. */
  readonly runId: string | undefined;
  readonly policy: string | undefined;
  readonly appendOnly: boolean;
  /** INFO does not tell of them. */
  readonly snapshots: boolean;
  readonly configReadable: boolean;
}

interface Server {
  readonly name: string;
  readonly client: Redis;
}

export async function serversOf({ client, connected, name }: Node): Promise<readonly Server[]> {
  await connected;
  if (!isCluster(client)) return [{ name, client }];
  return client.nodes('master').map((master) => ({ name: nameOf(master), client: master }));
}

export async function readFacts({ name: server, client }: Server): Promise<ServerFacts> {
  const unknown = {
    server,
    failure: undefined,
    runId: undefined,
    policy: undefined,
    appendOnly: false,
    snapshots: false,
  };
  try {
    const info = parseInfo(await client.info());
    const runId = info.get('run_id');
    const config = await client
      .config('GET', 'maxmemory-policy', 'appendonly', 'save')
      .then(parseConfig, () => undefined);
    return {
      server,
      failure: undefined,
      runId,
      policy: config?.get('maxmemory-policy') ?? info.get('maxmemory_policy'),
      appendOnly: config === undefined ? info.get('aof_enabled') === '1' : config.get('appendonly') === 'yes',
      snapshots: (config?.get('save') ?? '') !== '',
      configReadable: config !== undefined,
    };
  } catch (error) {
    return { ...unknown, failure: nodeError(server, error).message, configReadable: false };
  }
}

/** Lines of `name:value`. */
function parseInfo(text: string): ReadonlyMap<string, string> {
  const lines = text
    .split(/\r?\n/)
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)] as const);
  return new Map(lines);
}

/** Names and values by turns. */
function parseConfig(reply: unknown): ReadonlyMap<string, string> {
  const texts = (Array.isArray(reply) ? reply : []).map(String);
  return new Map(
    texts.flatMap((name, index) => (index % 2 === 0 ? [[name, texts[index + 1] ?? ''] as const] : [])),
  );
}
