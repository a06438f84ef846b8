import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface HttpCall {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
}

export interface HttpAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Anything but a text is written as JSON. */
  readonly body?: unknown;
}

/** `cut`: the connection breaks after half of the answer. */
export type Answering = (call: HttpCall) => HttpAnswer | 'cut' | Promise<HttpAnswer | 'cut'>;

export interface HttpScript {
  readonly url: string;
  readonly calls: readonly HttpCall[];
  /** For all calls from now on. */
  answer(answering: Answering): void;
  /** For the next call alone; several wait in line. */
  answerNext(answering: Answering): void;
  close(): Promise<void>;
}

/** An HTTP server on loopback whose answers a test dictates. */
export async function httpScript(initial: Answering): Promise<HttpScript> {
  const calls: HttpCall[] = [];
  const line: Answering[] = [];
  let always = initial;

  async function callOf(request: IncomingMessage): Promise<HttpCall> {
    return {
      method: request.method ?? '',
      path: request.url ?? '',
      authorization: request.headers.authorization,
      contentType: request.headers['content-type'],
      body: await text(request),
    };
  }

  const server = createServer((request, response) => {
    const answering = async () => {
      const call = await callOf(request);
      calls.push(call);
      const answer = await (line.shift() ?? always)(call);
      if (answer === 'cut') {
        response.writeHead(200, { 'content-length': '1000' }).write('{"access_token":"');
        setImmediate(() => response.destroy());
        return;
      }
      const { status = 200, headers = {}, body = '' } = answer;
      response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    answering().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    answer: (answering) => (always = answering),
    answerNext: (answering) => line.push(answering),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
