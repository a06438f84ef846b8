import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface EmbeddedServer {
  /** Base URL of the SQS endpoint. */
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Starts the SQS server in a child process, on a free port of the loopback interface. */
export async function startEmbeddedServer(): Promise<EmbeddedServer> {
  const child = fork(fileURLToPath(new URL('server.ts', import.meta.url)));
  const ended = once(child, 'exit');
  const [port] = (await Promise.race([
    once(child, 'message'),
    ended.then(([code]) => {
      throw new Error(`The SQS server did not start, its process ended with code ${code}.`);
    }),
  ])) as [number];
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async close() {
      child.disconnect();
      await ended;
    },
  };
}
