/** Bytes of an answer, and milliseconds until it has to be there whole. */
const limits = { bytes: 65_536, milliseconds: 5_000 };

/** GET, no redirects. Rejects when there is no answer in time, or too much of one. */
export type Fetch = (url: URL) => Promise<{ readonly status: number; readonly body: Uint8Array }>;

/** Asks SNS itself: the caller has made sure that the URL leads there. */
export const fetchFromSns: Fetch = async (url) => {
  const signal = AbortSignal.timeout(limits.milliseconds);
  const response = await fetch(url, { redirect: 'error', signal, headers: { accept: '*/*' } });
  return { status: response.status, body: await bounded(response) };
};

async function bounded({ body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > limits.bytes) throw new Error(`The answer has more than ${limits.bytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
